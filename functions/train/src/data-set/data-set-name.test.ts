import { expect, it } from 'vitest';
import { dataSetName } from './data-set-name.js';

it.each([
  [{ path: `data-sets/6c8edc50709b${'0'.repeat(52)}.zip` }, '6c8edc50709b'],
  [{ path: 'data-sets/lids of May.zip' }, 'lids-of-May'],
  [{ url: 'https://example.com/sets/lid.ZIP?token=secret' }, 'lid'],
  [{ url: 'https://example.com/' }, 'data-set'],
])('calls %j %s', (reference, name) => {
  expect(dataSetName(reference)).toBe(name);
});
