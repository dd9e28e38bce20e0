import { describe, expect, it } from 'vitest';
import { BUNDLE_FILES, SCORING_FILES, WEIGHT_FILES } from './bundle.js';

describe('SCORING_FILES', () => {
  it('are all files of a bundle but the manifest, which lists them, and the report, which is for people', () => {
    const { manifest, report, ...others } = BUNDLE_FILES;
    expect([...SCORING_FILES].sort()).toEqual(Object.values(others).sort());
  });

  it('have the weights among them, each beside the graph that refers to it', () => {
    expect(SCORING_FILES).toEqual(expect.arrayContaining([...WEIGHT_FILES]));
    expect(WEIGHT_FILES).toEqual([BUNDLE_FILES.backboneWeights, BUNDLE_FILES.decoders]);
  });
});
