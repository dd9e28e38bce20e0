import { describe, expect, it } from 'vitest';
import { type DetectorConfigurationInput, detectorConfigurationSchema } from './configuration.js';

const problems = (input: unknown): string[] => {
  const result = detectorConfigurationSchema.safeParse(input);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('the configuration of a detector', () => {
  it("has the reference's defaults, but for the backbone, which is the one that needs no download", () => {
    expect(detectorConfigurationSchema.parse({})).toEqual({
      backbone: 'efficientnet_lite0',
      layers: [],
      preTrained: true,
      method: 'flow',
      fiberBatchSize: 64,
      decoder: 'freia-cflow',
      conditionVector: 128,
      couplingBlocks: 8,
      clampAlpha: 1.9,
      permuteSoft: false,
      fusion: 'likelihood',
      lr: 1e-4,
      inputSize: [256, 256],
      seed: 0,
    });
  });

  it('keeps what is given', () => {
    const given: Required<DetectorConfigurationInput> = {
      backbone: 'wide_resnet50_2',
      layers: ['layer2', 'layer3', 'layer4'],
      preTrained: false,
      method: 'memory',
      fiberBatchSize: 256,
      decoder: 'freia-flow',
      conditionVector: 64,
      couplingBlocks: 4,
      clampAlpha: 1.2,
      permuteSoft: true,
      fusion: 'standardized',
      lr: 2e-4,
      inputSize: [224, 320],
      geometry: 'tiles',
      tileSize: [224, 224],
      range: { low: 0, high: 4095 },
      outOfRange: 'error',
      seed: 7,
    };
    expect(detectorConfigurationSchema.parse(given)).toEqual(given);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a condition vector that is not a multiple of 4',
      { conditionVector: 126 },
      /^conditionVector: .*multiple of 4/,
    ],
    ['a decoder nobody knows', { decoder: 'freia' }, /^decoder: .*"freia-cflow"\|"freia-flow"/],
    ['a fiber batch of none', { fiberBatchSize: 0 }, /^fiberBatchSize: /],
    ['half a coupling block', { couplingBlocks: 0.5 }, /^couplingBlocks: /],
    ['a clamp of nothing', { clampAlpha: 0 }, /^clampAlpha: /],
    ['a fusion nobody knows', { fusion: 'product' }, /^fusion: .*"likelihood"\|"standardized"/],
    ['a rate that falls', { lr: -1e-4 }, /^lr: /],
    ['a layer without a name', { layers: [''] }, /^layers.0: /],
    ['a size of one number', { inputSize: [256] }, /^inputSize/],
    ['an option that does not exist', { conditionVectors: 128 }, /conditionVectors/],
  ])('refuses %s, and says which', (_, input, message) => {
    const found = problems(input);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});
