import type { Tensor } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { float32ToFloat16 } from './float16.js';
import { StateDict } from './state-dict.js';

const f32 = (dims: number[], values: number[]): Tensor => ({
  type: 'float32',
  dims,
  data: Float32Array.from(values),
});
const dict = (tensors: Record<string, Tensor>) =>
  new StateDict(new Map(Object.entries(tensors)), { architecture: 'resnet18' });

function failure(action: () => unknown): WeightsError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(WeightsError);
    return error as WeightsError;
  }
  throw new Error('nothing was thrown');
}

describe('StateDict', () => {
  it('takes tensors and reports the unused, without counters and classifier', () => {
    const weights = dict({
      'conv1.weight': f32([1, 2], [1, 2]),
      'bn1.num_batches_tracked': { type: 'int64', dims: [], data: BigInt64Array.of(3n) },
      'fc.weight': f32([1], [1]),
      'layer9.weight': f32([1], [1]),
    });
    expect(weights.take('conv1.weight', [1, 2]).data).toEqual(Float32Array.of(1, 2));
    expect(weights.unused()).toEqual(['layer9.weight']);
  });

  it('converts float16 and float64 to float32', () => {
    const half: Tensor = { type: 'float16', dims: [2], data: float32ToFloat16(Float32Array.of(0.5, -3)) };
    const weights = dict({ half, double: { type: 'float64', dims: [1], data: Float64Array.of(0.1) } });
    expect(weights.take('half', [2])).toEqual(f32([2], [0.5, -3]));
    expect(weights.take('double', [1])).toEqual(f32([1], [0.1]));
  });

  it('takes wrappers off only when all names have them', () => {
    const wrapped = dict({ 'module.backbone.a': f32([1], [1]), 'module.backbone.b': f32([1], [2]) });
    expect(wrapped.prefix).toBe('module.backbone.');
    expect(wrapped.names).toEqual(['a', 'b']);
    expect(dict({ 'module.a': f32([1], [1]), b: f32([1], [2]) }).names).toEqual(['module.a', 'b']);
    expect(dict({}).prefix).toBe('');
  });

  it('names a missing tensor, the architecture, and near names', () => {
    const weights = dict({ 'layer1.0.conv1.wieght': f32([1], [1]), 'features.0.weight': f32([1], [1]) });
    const { message, details } = failure(() => weights.take('layer1.0.conv1.weight', [64]));
    expect(message).toContain('resnet18 expects a tensor "layer1.0.conv1.weight" of shape [64]');
    expect(details).toMatchObject({ tensor: 'layer1.0.conv1.weight', near: ['layer1.0.conv1.wieght'] });
  });

  it.each<[string, Tensor, RegExp]>([
    ['another shape', f32([3, 2], [1, 2, 3, 4, 5, 6]), /shape \[2, 3\], the weights have \[3, 2\]/],
    ['another rank', f32([6], [1, 2, 3, 4, 5, 6]), /the weights have \[6\]/],
    ['integers', { type: 'int32', dims: [2, 3], data: new Int32Array(6) }, /int32/],
    ['a NaN', f32([2, 3], [1, 2, Number.NaN, 4, 5, 6]), /NaN at element 2/],
    ['an infinity', f32([2, 3], [1, 2, 3, 4, 5, Infinity]), /Infinity at element 5/],
  ])('refuses %s', (_, tensor, message) => {
    const error = failure(() => dict({ w: tensor }).take('w', [2, 3]));
    expect(error.message).toMatch(message);
    expect(error.details.tensor).toBe('w');
  });
});
