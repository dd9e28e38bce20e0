import type { DataType, TensorData } from '@cflow/onnx';
import { describe, expect, it } from 'vitest';
import { exponentialModel, identityModel } from './models.js';
import type { ConformanceContext } from './options.js';

const SAMPLES: readonly [DataType, TensorData][] = [
  ['float32', Float32Array.of(-1.5, 0, 3.25e30, Infinity)],
  ['float16', Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff)],
  ['float64', Float64Array.of(-1.5, 0, 1e300, 2 ** -1074)],
  ['int32', Int32Array.of(-(2 ** 31), -1, 0, 2 ** 31 - 1)],
  ['int64', BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n)],
  ['uint8', Uint8Array.of(0, 1, 128, 255)],
  ['int8', Int8Array.of(-128, -1, 0, 127)],
  ['bool', Uint8Array.of(1, 0, 0, 1)],
];

export function describeDataTypes(context: ConformanceContext): void {
  describe('data types and shapes', () => {
    it.each(SAMPLES)('%s comes back as it went in', async (type, data) => {
      const session = await context.runtime().createSession({ model: identityModel(type, [2, 2]) });
      expect(session.inputs).toEqual([{ name: 'x', type, dims: [2, 2] }]);
      expect(session.outputs).toEqual([{ name: 'y', type, dims: [2, 2] }]);
      const { y } = await session.run({ x: { type, dims: [2, 2], data } });
      expect(y).toEqual({ type, dims: [2, 2], data });
      expect(y?.data.constructor).toBe(data.constructor);
      await session.dispose();
    });

    it('a scalar', async () => {
      const session = await context.runtime().createSession({ model: identityModel('float32', []) });
      const x = { type: 'float32', dims: [], data: Float32Array.of(7) } as const;
      expect((await session.run({ x })).y).toEqual(x);
      await session.dispose();
    });

    it('no elements at all', async () => {
      const session = await context.runtime().createSession({ model: identityModel('float32', ['n', 3]) });
      const x = { type: 'float32', dims: [0, 3], data: new Float32Array(0) } as const;
      expect((await session.run({ x })).y).toEqual(x);
      await session.dispose();
    });

    it('part of a larger array', async () => {
      const session = await context.runtime().createSession({ model: identityModel('float32', [2]) });
      const whole = Float32Array.of(1, 2, 3, 4);
      const { y } = await session.run({ x: { type: 'float32', dims: [2], data: whole.subarray(1, 3) } });
      expect(y?.data).toEqual(Float32Array.of(2, 3));
      expect(whole).toEqual(Float32Array.of(1, 2, 3, 4));
      await session.dispose();
    });

    it('a large tensor there and back', async () => {
      const session = await context.runtime().createSession({ model: exponentialModel() });
      const length = context.largeTensorBytes / 4;
      const data = Float32Array.from({ length }, (_, i) => (i % 1000) / 1000);
      const { y } = await session.run({ x: { type: 'float32', dims: [length], data } });
      expect(y?.dims).toEqual([length]);
      let worst = 0;
      (y!.data as Float32Array).forEach((value, i) => {
        const expected = Math.exp(data[i]!);
        worst = Math.max(worst, Math.abs(value - expected) / expected);
      });
      expect(worst).toBeLessThanOrEqual(context.tolerance);
      expect(data.length, 'feeds stay the caller’s').toBe(length);
      await session.dispose();
    });
  });
}
