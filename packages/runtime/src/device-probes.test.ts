import { describe, expect, it } from 'vitest';
import { deviceProbes, PROBE_ITERATIONS, PROBE_ORDER, PROBE_SHAPES, probeNumbers } from './device-probes.js';

describe('the expected outputs of the device probes, computed again in double precision', () => {
  it('Conv, Tanh, Exp, Gather, MatMul, ReduceSum', async () => {
    expectClose(await expectedOf('arithmetic', 'sums'), arithmetic());
  });

  it('a Loop', async () => {
    expectClose(await expectedOf('loop', 'state_out'), loop());
  });
});

async function expectedOf(name: string, output: string): Promise<Float32Array> {
  const probe = (await deviceProbes()).find((each) => each.name === name);
  return probe?.probe.expected[output]?.data as Float32Array;
}

function expectClose(found: Float32Array, expected: number[]): void {
  expect(found.length, `expected outputs: ${expected.map((value) => value.toFixed(6))}`).toBe(
    expected.length,
  );
  expected.forEach((value, i) => {
    expect(Math.abs(found[i]! - value), `element ${i}: ${value}`).toBeLessThan(1e-6);
  });
}

function arithmetic(): number[] {
  const image = probeNumbers(PROBE_SHAPES.image, 7);
  const kernel = probeNumbers(PROBE_SHAPES.kernel, 11);
  const columns = probeNumbers(PROBE_SHAPES.columns, 3);
  const sums: number[] = [];
  for (let channel = 0; channel < 2; channel++) {
    const features = (y: number, x: number): number => {
      let sum = 0;
      for (let c = 0; c < 3; c++) {
        for (let ky = 0; ky < 3; ky++) {
          for (let kx = 0; kx < 3; kx++) {
            const [iy, ix] = [y + ky - 1, x + kx - 1];
            if (iy < 0 || iy > 3 || ix < 0 || ix > 3) continue;
            sum += image[c * 16 + iy * 4 + ix]! * kernel[((channel * 3 + c) * 3 + ky) * 3 + kx]!;
          }
        }
      }
      return Math.exp(Math.tanh(sum));
    };
    for (let column = 0; column < 3; column++) {
      let sum = 0;
      for (let y = 0; y < 4; y++) {
        PROBE_ORDER.forEach((x, row) => {
          sum += features(y, x) * columns[row * 3 + column]!;
        });
      }
      sums.push(sum);
    }
  }
  return sums;
}

function loop(): number[] {
  const start = [...probeNumbers(PROBE_SHAPES.state, 5)];
  const transition = probeNumbers(PROBE_SHAPES.transition, 13);
  let state = start;
  for (let iteration = 0; iteration < PROBE_ITERATIONS; iteration++) {
    state = state.map((_, i) => {
      const row = Math.floor(i / 4);
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += state[row * 4 + k]! * transition[k * 4 + (i % 4)]!;
      return Math.tanh(sum) + start[i]!;
    });
  }
  return state;
}
