import { expect, it } from 'vitest';
import { warningsOf } from './warnings-of.js';

const region = { width: 2, height: 1, runs: '1 1' };

it('what a file does not say is said, and that an image lacks the region that its detector has seen', () => {
  expect(warningsOf({}, {})).toBeUndefined();
  expect(warningsOf({ warnings: ['is clipped'] }, {})).toEqual(['is clipped']);
  expect(warningsOf({ region }, { regionPerImage: true })).toBeUndefined();
  expect(warningsOf({ warnings: ['is clipped'] }, { regionPerImage: true })).toEqual([
    'is clipped',
    expect.stringMatching(/^is scored whole, .* give its region$/),
  ]);
});
