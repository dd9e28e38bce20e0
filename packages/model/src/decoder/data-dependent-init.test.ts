import { describe, expect, it } from 'vitest';
import { randomTensor, smallDecoder } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import type { Tensors } from '../testing/tensors.js';
import { channelStatisticsGraph, normalizedParameters } from './data-dependent-init.js';
import { isOfFirstSubnet } from './decoder.js';
import type { DecoderShape } from './decoder-shape.js';
import { initialParameters } from './initial-parameters.js';
import { likelihoodGraph } from './likelihood-graph.js';

const FIBERS = 400;

/** Features with channels of very different mean and deviation, as those of a CNN are. */
function features({ channels }: DecoderShape): Float32Array {
  return randomTensor([FIBERS, channels], 2).data.map((value, i) => {
    const channel = i % channels;
    return 2 ** (channel - 1) * value + 3 * channel;
  });
}

async function normalized(shape: DecoderShape, data: Float32Array) {
  const parameters = initialParameters(shape, 4, 'layer');
  const feeds: Tensors = {
    features: { type: 'float32', dims: [FIBERS, shape.channels], data },
    ...(shape.conditionVector > 0 && { condition: randomTensor([FIBERS, shape.conditionVector], 3) }),
  };
  const found = await runGraph(channelStatisticsGraph(shape), {
    ...Object.fromEntries(parameters),
    ...feeds,
  });
  const statistics = { mean: numbers(found, 'mean'), deviation: numbers(found, 'deviation') };
  const result = normalizedParameters(shape, parameters, statistics);
  const likelihood = async (under: ReadonlyMap<string, Tensors[string]>) =>
    runGraph(likelihoodGraph(shape), { ...Object.fromEntries(under), ...feeds });
  return { parameters, result, before: await likelihood(parameters), after: await likelihood(result) };
}

const meanOf = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('normalizedParameters', () => {
  it.each([
    ['hard permutation', smallDecoder()],
    ['one block', smallDecoder({ couplingBlocks: 1 })],
    [
      'soft permutation, odd channels, no condition',
      smallDecoder({ permuteSoft: true, channels: 5, conditionVector: 0 }),
    ],
  ])('lets every channel leave the decoder with mean 0 and variance 1: %s', async (_, shape) => {
    const { after, before } = await normalized(shape, features(shape));
    const z = numbers(after, 'z');
    // The rotation of a soft permutation mixes channels after they were normalized: then their sum is what stays.
    const variances = Array.from({ length: shape.channels }, (_, channel) => {
      const own = z.filter((_, i) => i % shape.channels === channel);
      const mean = meanOf(own);
      expect(Math.abs(mean)).toBeLessThan(1e-3);
      return meanOf(own.map((value) => (value - mean) ** 2));
    });
    if (!shape.permuteSoft) for (const variance of variances) expect(variance).toBeCloseTo(1, 3);
    expect(variances.reduce((sum, variance) => sum + variance, 0)).toBeCloseTo(shape.channels, 2);
    expect(meanOf(numbers(after, 'log_likelihood'))).toBeGreaterThan(
      meanOf(numbers(before, 'log_likelihood')) + 1,
    );
  });

  it('sets global scales and offsets and the first subnet to 0, and leaves everything else as it was', async () => {
    const shape = smallDecoder();
    const { parameters, result } = await normalized(shape, features(shape));
    expect([...result.keys()]).toEqual([...parameters.keys()]);
    for (const [name, tensor] of result) {
      if (/global_(scale|offset)$/.test(name)) expect(tensor.data).not.toEqual(parameters.get(name)?.data);
      else if (isOfFirstSubnet(name)) expect(tensor.data.every((value) => value === 0)).toBe(true);
      else expect(tensor).toBe(parameters.get(name));
    }
  });

  it('does not scale up without limit what hardly varies, or not at all', async () => {
    const shape = smallDecoder();
    const dead = features(shape).map((value, i) => (i % shape.channels === 0 ? 0.25 : value));
    const constant = new Float32Array(FIBERS * shape.channels).fill(0.5);
    for (const data of [dead, constant]) {
      const { after, result } = await normalized(shape, data);
      for (const { data: values } of result.values())
        expect([...(values as Float32Array)].map(Number).every(Number.isFinite)).toBe(true);
      expect(numbers(after, 'log_likelihood').every(Number.isFinite)).toBe(true);
      // A channel that never moves must not be magnified once more by each block.
      for (let block = 1; block < shape.couplingBlocks; block++) {
        const { data: scales } = result.get(`module_list.${block}.global_scale`) as Tensors[string];
        expect(Math.max(...(scales as Float32Array))).toBeLessThanOrEqual(20);
      }
    }
  });
});
