import { detectorConfigurationSchema } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { smallDecoder } from '../testing/random-decoder.js';
import { blockSizes, decoderShape, permutationShapes, trainableShapes } from './decoder-shape.js';

describe('decoderShape', () => {
  it("takes the reference's defaults from a configuration", () => {
    const shape = decoderShape(detectorConfigurationSchema.parse({}), 64);
    expect(shape).toEqual({
      kind: 'freia-cflow',
      channels: 64,
      conditionVector: 128,
      couplingBlocks: 8,
      clampAlpha: 1.9,
      permuteSoft: false,
    });
  });

  it('has no condition without one in the kind of decoder', () => {
    const configuration = detectorConfigurationSchema.parse({ decoder: 'freia-flow' });
    expect(decoderShape(configuration, 64).conditionVector).toBe(0);
  });
});

describe('shapes of the parameters', () => {
  it('gives the odd channel to the passive half', () => {
    expect(blockSizes(smallDecoder({ channels: 33, conditionVector: 8 }))).toEqual({
      passive: 17,
      active: 16,
      hidden: 50,
    });
  });

  it('are those of the reference', () => {
    const shape = smallDecoder({ channels: 64, conditionVector: 128, couplingBlocks: 2 });
    expect(trainableShapes(shape).slice(6)).toEqual([
      ['module_list.1.global_scale', [1, 64]],
      ['module_list.1.global_offset', [1, 64]],
      ['module_list.1.subnet.0.weight', [320, 160]],
      ['module_list.1.subnet.0.bias', [320]],
      ['module_list.1.subnet.2.weight', [64, 320]],
      ['module_list.1.subnet.2.bias', [64]],
    ]);
  });

  it('hold an index for a hard permutation and a matrix for a soft one', () => {
    expect(permutationShapes(smallDecoder({ couplingBlocks: 1 }))).toEqual([
      ['module_list.0.w_perm_index', [6]],
    ]);
    expect(permutationShapes(smallDecoder({ couplingBlocks: 1, permuteSoft: true }))).toEqual([
      ['module_list.0.w_perm', [6, 6]],
    ]);
  });
});
