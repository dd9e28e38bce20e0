import { describe, expect, it } from 'vitest';
import { smallDecoder } from '../testing/random-decoder.js';
import { permutationShapes, trainableShapes } from './decoder-shape.js';
import { initialParameters } from './initial-parameters.js';

const shape = smallDecoder({ channels: 17, couplingBlocks: 3 });
const bytes = (parameters: ReturnType<typeof initialParameters>, name: string): Uint8Array => {
  const { data } = parameters.get(name) ?? expect.fail(`no ${name}`);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
};

describe('initialParameters', () => {
  it('has every parameter in its shape', () => {
    for (const each of [shape, { ...shape, permuteSoft: true }]) {
      const found = [...initialParameters(each, 1, 'layer')].map(([name, { dims }]) => [name, [...dims]]);
      expect(Object.fromEntries(found)).toEqual(
        Object.fromEntries([...trainableShapes(each), ...permutationShapes(each)]),
      );
    }
  });

  it('depends on seed and layer, and on nothing else', () => {
    const [first, again] = [initialParameters(shape, 1, 'a'), initialParameters(shape, 1, 'a')];
    const [otherSeed, otherLayer] = [initialParameters(shape, 2, 'a'), initialParameters(shape, 1, 'b')];
    for (const name of first.keys()) {
      expect(bytes(again, name)).toEqual(bytes(first, name));
      if (name.includes('global')) continue;
      expect(bytes(otherSeed, name)).not.toEqual(bytes(first, name));
      expect(bytes(otherLayer, name)).not.toEqual(bytes(first, name));
    }
    // Blocks are independent of each other too.
    expect(bytes(first, 'module_list.0.subnet.0.weight')).not.toEqual(
      bytes(first, 'module_list.1.subnet.0.weight'),
    );
  });

  it('starts with a global factor of 1 and no offset', () => {
    const parameters = initialParameters(shape, 1, 'layer');
    for (const scale of parameters.get('module_list.1.global_scale')?.data ?? [0]) {
      expect(0.2 * Math.log1p(Math.exp(0.5 * Number(scale)))).toBeCloseTo(1, 6);
    }
    for (const offset of parameters.get('module_list.1.global_offset')?.data ?? [1]) expect(offset).toBe(0);
  });

  it('permutes every channel exactly once', () => {
    const index = initialParameters(shape, 1, 'layer').get('module_list.2.w_perm_index')
      ?.data as BigInt64Array;
    expect([...index].map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, i) => i));
  });

  it('spreads weights and biases as PyTorch does', () => {
    const parameters = initialParameters(shape, 1, 'layer');
    // The subnet reads 9 passive channels and a condition of 8; its hidden layer is 34 wide.
    for (const [layer, fanIn] of [
      ['subnet.0', 17],
      ['subnet.2', 34],
    ] as const) {
      const bound = 1 / Math.sqrt(fanIn);
      for (const part of ['weight', 'bias']) {
        const names = [0, 1, 2].map((block) => `module_list.${block}.${layer}.${part}`);
        const data = names.flatMap((name) => Array.from(parameters.get(name)?.data ?? [], Number));
        expect(Math.max(...data)).toBeLessThanOrEqual(bound);
        expect(Math.max(...data)).toBeGreaterThan(0.8 * bound);
        expect(Math.min(...data)).toBeGreaterThanOrEqual(-bound);
        expect(Math.min(...data)).toBeLessThan(-0.8 * bound);
      }
    }
  });
});
