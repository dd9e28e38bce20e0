import type { Tensor } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { checkProbe, type GoldenProbe } from './golden-probe.js';
import type { Session } from './session.js';

const floats = (...values: number[]): Tensor => ({
  type: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
});
/** A session that gives these outputs: what is compared here needs no engine. */
const giving = (outputs: Record<string, Tensor>): Session => ({
  device: 'cpu',
  inputs: [],
  outputs: [],
  run: async () => outputs,
  dispose: async () => undefined,
});
const probe = (expected: Record<string, Tensor>, absolute = 0.1, relative = 0): GoldenProbe => ({
  feeds: {},
  expected,
  absoluteTolerance: absolute,
  relativeTolerance: relative,
});

describe('comparing with a golden probe', () => {
  it('allows the absolute and the relative tolerance together, and no more', async () => {
    const expected = { y: floats(0, 100) };
    const within = await checkProbe(giving({ y: floats(0.0625, 101) }), probe(expected, 0.0625, 0.01));
    expect(within).toEqual({ passed: true, largestDifference: 1, output: 'y' });
    const beyond = await checkProbe(giving({ y: floats(0.07, 101) }), probe(expected, 0.0625, 0.01));
    expect(beyond).toMatchObject({ passed: false, output: 'y' });
    expect(beyond.reason).toBe('output "y" is wrong: it is off by 1 to 10 times what the probe allows');
  });

  it('takes an output by its own tolerances, where it has some', async () => {
    const strict = { tolerances: { y: { absoluteTolerance: 1e-3, relativeTolerance: 0 } } };
    const found = giving({ x: floats(1.05), y: floats(1.05) });
    const result = await checkProbe(found, { ...probe({ x: floats(1), y: floats(1) }), ...strict });
    expect(result).toMatchObject({ passed: false, output: 'y' });
    const loose = { tolerances: { y: { absoluteTolerance: -1, relativeTolerance: 0 } } };
    await expect(checkProbe(found, { ...probe({ y: floats(1) }), ...loose })).rejects.toThrow(
      ConfigurationError,
    );
  });

  it('names the output that is wrong', async () => {
    const expected = { a: floats(1), b: floats(2) };
    const result = await checkProbe(giving({ a: floats(1.05), b: floats(3) }), probe(expected));
    expect(result).toMatchObject({ passed: false, output: 'b', largestDifference: 1 });
  });

  it.each([
    ['a missing output', {}, /did not come/],
    ['another shape', { y: { ...floats(1, 2), dims: [1, 2] } }, /another type or shape than float32 \[2\]/],
    [
      'another type',
      { y: { type: 'int32', dims: [2], data: Int32Array.of(1, 2) } },
      /another type or shape than float32 \[2\]/,
    ],
    ['too few elements', { y: { ...floats(1), dims: [2] } }, /another number of elements than 2/],
    ['NaN', { y: floats(1, Number.NaN) }, /NaN or infinite/],
    ['an infinity', { y: floats(-Infinity, 2) }, /NaN or infinite/],
  ] as [string, Record<string, Tensor>, RegExp][])('is failed by %s', async (_, outputs, reason) => {
    const result = await checkProbe(giving(outputs), probe({ y: floats(1, 2) }));
    expect(result).toMatchObject({ passed: false, largestDifference: Infinity, output: 'y' });
    expect(result.reason).toMatch(reason);
  });

  it.each([
    [0.5, '1 to 10 times'],
    [1.5, '10 to 100 times'],
    [-49, '100 to 1000 times'],
    [1e30, 'over 1000 times'],
  ])('says how far off in orders of magnitude, and no number: %d', async (off, magnitude) => {
    const secret = 73.25;
    const { reason = '' } = await checkProbe(
      giving({ y: floats(secret, 31 + off) }),
      probe({ y: floats(secret, 31) }, 0.1),
    );
    expect(reason).toBe(`output "y" is wrong: it is off by ${magnitude} what the probe allows`);
  });

  it('compares integers and half precision as numbers', async () => {
    const int64 = (value: bigint): Tensor => ({ type: 'int64', dims: [], data: BigInt64Array.of(value) });
    expect(await checkProbe(giving({ y: int64(5n) }), probe({ y: int64(5n) }, 0))).toMatchObject({
      passed: true,
    });
    expect(await checkProbe(giving({ y: int64(5n) }), probe({ y: int64(6n) }, 0))).toMatchObject({
      passed: false,
      largestDifference: 1,
    });
    const half = (...bits: number[]): Tensor => ({
      type: 'float16',
      dims: [bits.length],
      data: Uint16Array.from(bits),
    });
    // 1, -2, the smallest subnormal, 65504 against 1, -2, 0, 65504.
    const result = await checkProbe(
      giving({ y: half(0x3c00, 0xc000, 0x0001, 0x7bff) }),
      probe({ y: half(0x3c00, 0xc000, 0x0000, 0x7bff) }),
    );
    expect(result).toEqual({ passed: true, largestDifference: 2 ** -24, output: 'y' });
    for (const bad of [0x7e00, 0x7c00, 0xfc00]) {
      expect(await checkProbe(giving({ y: half(bad) }), probe({ y: half(0x3c00) }))).toMatchObject({
        passed: false,
      });
    }
  });

  it.each([
    ['no outputs', probe({})],
    ['no elements', probe({ y: floats() })],
    ['NaN expected', probe({ y: floats(Number.NaN) })],
    ['NaN as tolerance', probe({ y: floats(1) }, Number.NaN)],
    ['an infinite tolerance', probe({ y: floats(1) }, 0, Infinity)],
  ])('is not a probe: %s', async (_, bad) => {
    await expect(checkProbe(giving({ y: floats(1) }), bad)).rejects.toThrow(ConfigurationError);
  });
});
