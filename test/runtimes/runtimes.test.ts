import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findSoftwareVulkan } from '../../packages/runtime/test/find-software-vulkan.js';
import { findChromium } from '../support/chromium.js';
import { startScript } from '../support/start-script.js';
import { type Comparison, TOLERANCE } from './compare-runs.js';
import { IN_TILES } from './make-work.js';
import type { Timing } from './timing/time-runtimes.js';

const ALWAYS = ['node cpu', 'node wasm', 'workerd wasm', 'http'];
const WITH_CHROMIUM = ['chromium wasm', 'chromium webgpu', 'chromium wasm, its own JPEG'];

it('scores the same files to the same numbers in every runtime', async () => {
  const script = startScript(new URL('test-runtimes.ts', import.meta.url), ['--rounds', '2'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  const { code, stdout, stderr } = await script.ended;
  expect(code, stdout + stderr).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  const { spread, tolerance, runtimes, tiled, timings } = JSON.parse(lines.at(-1) as string) as {
    spread: number;
    tolerance: number;
    runtimes: Comparison[];
    tiled: Comparison[];
    timings: Timing[];
  };
  expect(tolerance).toBe(TOLERANCE);
  expect(spread).toBeGreaterThan(0);
  const expected = [
    ...ALWAYS,
    ...(findChromium() ? WITH_CHROMIUM : []),
    ...(findSoftwareVulkan() ? ['node webgpu'] : []),
  ];
  const present = runtimes.filter(({ scores }) => scores);
  expect(
    present.map(({ runtime }) => runtime),
    stdout,
  ).toEqual(expect.arrayContaining(expected));
  const inTiles = tiled.filter(({ scores }) => scores);
  expect(inTiles.map(({ runtime }) => runtime)).toEqual(present.map(({ runtime }) => runtime));
  expect(inTiles[0]?.scores?.['hole.png']).not.toBe(present[0]?.scores?.['hole.png']);
  for (const { runtime, scores } of present) expect(Object.keys(scores ?? {}), runtime).toHaveLength(10);
  for (const { runtime, scores } of inTiles) {
    expect(Object.keys(scores ?? {}).sort(), runtime).toEqual([...IN_TILES].sort());
  }
  for (const { runtime, scores, largestDifference, pixels } of [...present, ...inTiles]) {
    // The picture of 12 bits shows what that of 16 does, and may get its score.
    expect(new Set(Object.values(scores ?? {})).size, runtime).toBeGreaterThanOrEqual(
      Object.keys(scores ?? {}).length - 1,
    );
    expect(largestDifference, runtime).toBeLessThanOrEqual(TOLERANCE);
    if (runtime === 'http') continue;
    expect(pixels?.png, runtime).toBe(0);
    if (!runtime.includes('its own JPEG'))
      expect(pixels, runtime).toEqual({ png: 0, jpeg: 0, resampledEqual: true });
  }
  // Different engines: if all were equal to the last bit, the same one would have run everywhere.
  expect(new Set(present.map(({ scores }) => scores?.['good-1.png'])).size).toBeGreaterThan(1);
  // The figures are for people: here only that they are there, and that the threads were.
  const timed = ['node cpu', ...(findChromium() ? ['chromium wasm'] : []), 'workerd wasm'];
  expect(timings.length).toBeGreaterThan(1);
  for (const { threads, rounds, runs } of timings) {
    expect(rounds).toBe(2);
    expect(runs.map(({ runtime }) => runtime)).toEqual(timed);
    for (const { runtime, medianMs, ratioToCpu, threads: found } of runs) {
      expect(medianMs, runtime).toBeGreaterThan(0);
      expect(ratioToCpu.low, runtime).toBeGreaterThan(0);
      expect(found, runtime).toBe(runtime === 'workerd wasm' ? 1 : threads);
    }
  }
  for (const { runtime, medianMs, ratioToCpu } of present.filter(({ runtime }) => timed.includes(runtime))) {
    expect(medianMs, runtime).toBeGreaterThan(0);
    expect(ratioToCpu, runtime).toBeGreaterThan(0);
  }
}, 300_000);
