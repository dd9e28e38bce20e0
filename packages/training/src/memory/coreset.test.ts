import { gaussians, randomStream } from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import { afterAll, describe, expect, it } from 'vitest';
import { coreset } from './coreset.js';

const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
afterAll(() => runtime.dispose());
const { signal } = new AbortController();

const sample = (count: number, components: number): Float32Array =>
  Float32Array.from(gaussians(randomStream(11, `${count}`), count * components), (value, i) =>
    // Nine in ten lie close together.
    Math.floor(i / components) % 10 === 0 ? 5 * value : 0.2 * value,
  );

/** The largest distance of any row to the nearest chosen one. */
function reach(rows: Float32Array, components: number, chosen: Int32Array | readonly number[]): number {
  let worst = 0;
  for (let i = 0; i < rows.length / components; i++) {
    let nearest = Number.POSITIVE_INFINITY;
    for (const pick of chosen) {
      let sum = 0;
      for (let k = 0; k < components; k++)
        sum += (rows[i * components + k]! - rows[pick * components + k]!) ** 2;
      nearest = Math.min(nearest, sum);
    }
    worst = Math.max(worst, nearest);
  }
  return Math.sqrt(worst);
}

describe('coreset', () => {
  it('chooses rows that no other is far from: much nearer than random ones', async () => {
    const rows = sample(400, 3);
    const chosen = await coreset({ runtime, rows, components: 3, size: 48, seed: 1, signal });
    expect(new Set(chosen).size).toBe(48);
    const random = Array.from({ length: 48 }, (_, i) => (i * 397) % 400);
    expect(reach(rows, 3, chosen)).toBeLessThan(0.6 * reach(rows, 3, random));
  });

  it('is decided by its seed', async () => {
    const rows = sample(200, 3);
    const of = (seed: number) => coreset({ runtime, rows, components: 3, size: 20, seed, signal });
    expect(await of(1)).toEqual(await of(1));
    expect(await of(1)).not.toEqual(await of(2));
  });

  it('takes all where there are no more', async () => {
    const rows = sample(5, 3);
    expect([...(await coreset({ runtime, rows, components: 3, size: 8, seed: 1, signal }))]).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });

  it('takes rows that are all alike without choosing one twice', async () => {
    const rows = new Float32Array(300).fill(1);
    const chosen = await coreset({ runtime, rows, components: 3, size: 40, seed: 1, signal });
    expect(new Set(chosen).size).toBe(40);
  });
});
