import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { float32, type Tensor, writeModel } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchmarkResult } from '../../../packages/cli/src/commands/benchmark/run.js';
import { createWorkplace, TINY, type Workplace } from '../../../packages/cli/src/testing/workplace.js';
import { findPython } from '../peer/find-python.js';
import { joinedRowsGraph, nearestGraph } from './neighbor-graphs.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../bench.ts', import.meta.url));

const python = await findPython(ROOT);
let place: Workplace;
let output: string;
beforeAll(async () => {
  place = await createWorkplace();
  output = await mkdtemp(join(tmpdir(), 'cflow-quality-test-'));
});
afterAll(async () => {
  await place.remove();
  await rm(output, { recursive: true });
});

async function run(python: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', SCRIPT, 'quality', ...args, '--seeds', '1'],
    { cwd: ROOT, env: { ...process.env, CFLOW_PEER_PYTHON: python } },
  );
}

const quality = (python: string, ...args: string[]): ReturnType<typeof run> =>
  run(python, '--root', place.dataSet, ...TINY, ...args);

describe('npm run bench -- quality', () => {
  it('measures detectors and nearest neighbors by the same figures, once', async () => {
    const command = ['--variant', 'one', '--variant', 'two:fusion=standardized', '--output', output];
    const { stdout, stderr } = await quality('none', ...command, '--json');
    expect(stderr).toMatch(/^not compared with anomalib: /m);
    const result = JSON.parse(stdout) as BenchmarkResult;
    expect(result.cells.map(({ variant, kind }) => `${variant} ${kind}`)).toEqual([
      'one detector',
      'two detector',
      'neighbors, embedded peer',
    ]);
    for (const { metrics, bundleBytes, scoringSeconds, trainImages } of result.cells) {
      expect(metrics).toMatchObject({ images: 8, goodImages: 3, badImages: 5, pixelImages: 8 });
      for (const figure of ['imageAuroc', 'pixelAuroc', 'aupro', 'aupro5', 'locationRate'] as const) {
        expect(metrics[figure]).toBeGreaterThanOrEqual(0);
        expect(metrics[figure]).toBeLessThanOrEqual(1);
      }
      expect([bundleBytes > 0, scoringSeconds > 0, trainImages]).toEqual([true, true, 8]);
    }
    expect(result.differences.map(({ there }) => there)).toEqual(['two', 'neighbors, embedded']);
    expect(await readdir(join(output, 'cells'))).toHaveLength(3);

    const again = await quality('none', ...command, '--format', 'markdown');
    expect(again.stderr).not.toContain('training');
    expect(again.stdout).toMatch(/^\*\*neighbors, embedded \(peer\), 1 seed\*\*$/m);
    expect(again.stdout).toMatch(/^\| brushed-metal \| \d\.\d{3} \|/m);
    expect(JSON.parse(await readFile(join(output, 'benchmark.json'), 'utf8')).cells).toEqual(result.cells);
  });

  it('lets peers of a detector that learns from all images do so, and calibrates them on what they have not seen', async () => {
    const larger = await createWorkplace({ trainCount: 26 });
    try {
      const { stdout } = await run(
        'none',
        ...['--root', larger.dataSet, '--presets', 'memory'],
        ...['--input-size', '64', '--device', 'cpu', '--threads', '2', '--json'],
        ...['--output', join(output, 'memory')],
      );
      const { cells } = JSON.parse(stdout) as BenchmarkResult;
      const [, peer] = cells;
      expect(peer).toMatchObject({ preset: 'neighbors', trainImages: 26, calibrationImages: 5 });
      expect(peer?.promisedFalseAlarmRate).toBeCloseTo(1 / 6, 12);
    } finally {
      await larger.remove();
    }
  });

  if ('missing' in python) console.info(`anomalib's peers are not tried: ${python.missing}`);
  else
    it("has anomalib's models learn from the same features", async () => {
      const { stdout } = await quality(
        python.python,
        ...[
          '--peers',
          'patchcore,cflow',
          '--peer-epochs',
          '1',
          '--output',
          join(output, 'anomalib'),
          '--json',
        ],
      );
      const { cells } = JSON.parse(stdout) as BenchmarkResult;
      expect(cells.map(({ preset }) => preset)).toEqual(['fast', 'patchcore', 'cflow']);
      for (const { metrics } of cells) expect(metrics.pixelAuroc).toBeGreaterThan(0);
    }, 300_000);

  it('refuses what it cannot compare with', async () => {
    const failed = (...args: string[]) =>
      quality('none', ...args).catch((error: { stderr: string }) => error.stderr);
    expect(await failed('--peers', 'everything')).toContain('neighbors, patchcore, cflow, or none');
    expect(await failed('--sets', 'nowhere')).toContain('nowhere');
  });
});

describe('nearest neighbors', () => {
  const layers = [
    { name: 'fine', channels: 2, height: 4, width: 4 },
    { name: 'coarse', channels: 1, height: 2, width: 2 },
  ];
  const rows = (seed: number, count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
  const feeds = (seed: number): Record<string, Tensor> => ({
    fine: float32([1, 16, 2], rows(seed, 32)),
    coarse: float32([1, 4, 1], rows(seed + 9, 4)),
  });

  it('gives the distance that comparing all rows one by one gives', async () => {
    const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
    try {
      const joined = await runtime.createSession({ model: writeModel(joinedRowsGraph(layers)) });
      const rowsOf = async (seed: number): Promise<Float32Array> =>
        ((await joined.run(feeds(seed))).rows as Tensor).data as Float32Array;
      const [query, known] = [await rowsOf(1), await rowsOf(2)];
      // The middle of the fine layer is the mean of the nine around it.
      const fine = rows(1, 32);
      const around = [0, 1, 2, 4, 5, 6, 8, 9, 10].map((position) => fine[2 * position]!);
      expect(query[5 * 3]).toBeCloseTo(around.reduce((a, b) => a + b) / 9, 6);

      const standard = { mean: Float32Array.of(0.1, -0.2, 0), deviation: Float32Array.of(2, 0.5, 1) };
      const scaled = (values: Float32Array): Float32Array =>
        values.map((value, i) => (value - standard.mean[i % 3]!) / standard.deviation[i % 3]!);
      const bank = { count: 16, channels: 3, data: scaled(known) };
      const nearest = await runtime.createSession({
        model: writeModel(nearestGraph(layers, bank, standard, [4, 4])),
      });
      const { map, score } = await nearest.run(feeds(1));
      const own = scaled(query);
      const expected = Array.from({ length: 16 }, (_, q) =>
        Math.min(
          ...Array.from({ length: 16 }, (_, b) =>
            Math.hypot(...[0, 1, 2].map((c) => own[q * 3 + c]! - bank.data[b * 3 + c]!)),
          ),
        ),
      );
      const found = (map as Tensor).data as Float32Array;
      for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 4);
      expect(((score as Tensor).data as Float32Array)[0]).toBeCloseTo(Math.max(...expected), 4);
      // Rows that are known are no distance away.
      const { map: none } = await nearest.run(feeds(2));
      for (const value of (none as Tensor).data as Float32Array) expect(value).toBeLessThan(2e-3);
    } finally {
      await runtime.dispose();
    }
  });
});
