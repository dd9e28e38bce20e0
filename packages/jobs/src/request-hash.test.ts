import { expect, it } from 'vitest';
import { jsonHash } from './request-hash.js';

it('is the same whatever the order of members, and another for another value', () => {
  expect(jsonHash({ a: 1, b: { c: [1, 2], d: null } })).toBe(jsonHash({ b: { d: null, c: [1, 2] }, a: 1 }));
  expect(jsonHash({ a: [1, 2] })).not.toBe(jsonHash({ a: [2, 1] }));
  expect(jsonHash({ a: undefined })).toBe(jsonHash({}));
});
