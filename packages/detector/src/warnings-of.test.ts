import { detectorConfigurationSchema } from '@cflow/spec';
import { expect, it } from 'vitest';
import { warningsOf } from './warnings-of.js';

const configuration = detectorConfigurationSchema.parse({ inputSize: [64, 64] });
const size = { width: 64, height: 64 };
const region = { width: 2, height: 1, runs: '1 1' };

it('what a file does not say is said, and that an image lacks the region that its detector has seen', () => {
  expect(warningsOf(size, { configuration })).toBeUndefined();
  expect(warningsOf({ ...size, warnings: ['is clipped'] }, { configuration })).toEqual(['is clipped']);
  expect(warningsOf({ ...size, region }, { configuration, regionPerImage: true })).toBeUndefined();
  expect(warningsOf({ ...size, warnings: ['is clipped'] }, { configuration, regionPerImage: true })).toEqual([
    'is clipped',
    expect.stringMatching(/^is scored whole, .* give its region$/),
  ]);
});

it('an image that is far smaller than what is looked at is said to be', () => {
  expect(warningsOf({ width: 1, height: 1 }, { configuration })).toEqual([
    expect.stringMatching(/^is 1x1 pixels, enlarged to 64x64/),
  ]);
});
