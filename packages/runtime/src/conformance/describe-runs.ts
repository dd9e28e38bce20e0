import { describe, expect, it } from 'vitest';
import { arithmeticModel, count, doublingLoopModel, slowModel, vector } from './models.js';
import type { ConformanceContext } from './options.js';

const rows = (batch: number, first: number) => ({
  type: 'float32' as const,
  dims: [batch, 3],
  data: Float32Array.from({ length: batch * 3 }, (_, i) => first + i),
});

export function describeRuns(context: ConformanceContext): void {
  describe('runs', () => {
    it('a batch of any size', async () => {
      const session = await context.runtime().createSession({ model: arithmeticModel() });
      expect(session.inputs.map(({ dims }) => dims)).toEqual([
        ['batch', 3],
        ['batch', 3],
      ]);
      for (const batch of [1, 2, 5]) {
        const { sum } = await session.run({ a: rows(batch, 1), b: rows(batch, 10) });
        expect(sum?.dims).toEqual([batch, 3]);
        expect([...(sum!.data as Float32Array)]).toEqual(
          Array.from({ length: batch * 3 }, (_, i) => 11 + 2 * i),
        );
      }
      await session.dispose();
    });

    it('gives the outputs that were asked for', async () => {
      const session = await context.runtime().createSession({ model: arithmeticModel() });
      const feeds = { a: rows(1, 1), b: rows(1, 1) };
      expect(Object.keys(await session.run(feeds))).toEqual(['sum', 'product']);
      const { product, ...others } = await session.run(feeds, { fetches: ['product'] });
      expect(product?.data).toEqual(Float32Array.of(1, 4, 9));
      expect(others).toEqual({});
      await session.dispose();
    });

    it('a Loop, with as many iterations as the feed says', async () => {
      const session = await context.runtime().createSession({ model: doublingLoopModel() });
      for (const [times, factor] of [
        [0, 1],
        [1, 2],
        [10, 1024],
      ] as const) {
        const { y } = await session.run({ x: vector(1, -3), count: count(times) });
        expect(y?.data).toEqual(Float32Array.of(factor, -3 * factor));
      }
      await session.dispose();
    });

    it('many at once keep their order and their results', async () => {
      const sessions = await Promise.all(
        [0, 1].map(() => context.runtime().createSession({ model: doublingLoopModel() })),
      );
      const finished: [number, number][] = [];
      await Promise.all(
        Array.from({ length: 12 }, async (_, i) => {
          const which = i % 2;
          // The first runs are the longest, so that an overtaking run would be seen.
          const times = 12 - i;
          const { y } = await sessions[which]!.run({ x: vector(i, 1), count: count(times) });
          expect(y?.data).toEqual(Float32Array.of(i * 2 ** times, 2 ** times));
          finished.push([which, i]);
        }),
      );
      for (const which of [0, 1]) {
        const order = finished.filter(([session]) => session === which).map(([, i]) => i);
        expect(order).toEqual([0, 2, 4, 6, 8, 10].map((i) => i + which));
      }
      await Promise.all(sessions.map((session) => session.dispose()));
    });

    it('an aborted run rejects at once, a queued one never starts, later ones are right', async () => {
      const session = await context.runtime().createSession({ model: doublingLoopModel() });
      const reason = new Error('not wanted any more');
      const aborted = session.run(
        { x: vector(1, 1), count: count(1) },
        { signal: AbortSignal.abort(reason) },
      );
      await expect(aborted).rejects.toBe(reason);
      const controller = new AbortController();
      const running = session.run({ x: vector(1, 1), count: count(2000) }, { signal: controller.signal });
      const queued = session.run({ x: vector(1, 1), count: count(1) }, { signal: controller.signal });
      const after = session.run({ x: vector(1, 1), count: count(3) });
      controller.abort(reason);
      await expect(running).rejects.toBe(reason);
      await expect(queued).rejects.toBe(reason);
      expect((await after).y?.data).toEqual(Float32Array.of(8, 8));
      await session.dispose();
    });

    if (!context.offThread) return;

    it('leave the calling thread free', async () => {
      const size = 128;
      const session = await context.runtime().createSession({ model: slowModel(size) });
      const x = { type: 'float32' as const, dims: [size, size], data: new Float32Array(size * size).fill(1) };
      await session.run({ x, count: count(1) });
      let [duration, longestGap] = [0, 0];
      for (let times = 20; duration < 400 && times < 1e7; times *= 2) {
        longestGap = 0;
        const start = performance.now();
        let last = start;
        const tick = (): void => {
          const now = performance.now();
          longestGap = Math.max(longestGap, now - last);
          last = now;
        };
        const timer = setInterval(tick, 5);
        await session.run({ x, count: count(times) });
        tick();
        clearInterval(timer);
        duration = last - start;
      }
      expect(longestGap).toBeLessThan(duration / 2);
      await session.dispose();
    });
  });
}
