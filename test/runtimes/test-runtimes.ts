// Scores the same files in every runtime and compares. `--bundle FOLDER` takes a bundle instead of training one.
// `--rounds N` is how often each runtime is timed. Prints a table, the times, and as the last line a JSON object. Exit code 1 when a runtime that is there is out of tolerance.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseManifest } from '@cflow/detector';
import { BUNDLE_FILES } from '@cflow/spec';
import { findChromium } from '../support/chromium.js';
import { compareRuns, printTable, type RuntimeRun, TOLERANCE, withTimes } from './compare-runs.js';
import { openChromium } from './in-chromium.js';
import { onNode, onNodeWebGpu, onWasm } from './in-node.js';
import { onWorkerd } from './in-workerd.js';
import { IN_TILES, makeWork, trainSmallBundle } from './make-work.js';
import { overHttp } from './over-http.js';
import type { ScoredFile } from './score-files.js';
import { serveWork } from './serve-work.js';
import { printTimings, TIMING_CASES, type Timing, timeRuntimes } from './timing/time-runtimes.js';

const { values } = parseArgs({
  options: { bundle: { type: 'string' }, rounds: { type: 'string', default: '21' } },
});
const folder = await mkdtemp(join(tmpdir(), 'cflow-runtimes-'));
try {
  const compared = await scoreEverywhere(
    values.bundle ?? (await trainSmallBundle(folder, 'squeeze')),
    join(folder, 'images'),
  );
  const tiled =
    values.bundle === undefined
      ? await scoreEverywhere(await trainSmallBundle(folder, 'tiles'), join(folder, 'tiled'), IN_TILES)
      : undefined;

  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds: expected a whole number from 1 on');
  const timings: Timing[] = [];
  for (const each of TIMING_CASES) timings.push(await timeRuntimes(each, rounds));
  const { spread } = compared;
  const comparisons = withTimes(compareRuns(compared.runs, spread), timings[0] as Timing);
  const inTiles = tiled && compareRuns(tiled.runs, tiled.spread);
  const { log } = console;
  log(printTable(comparisons, spread));
  if (tiled && inTiles) log(`In tiles:\n${printTable(inTiles, tiled.spread)}`);
  log(printTimings(timings));
  log(JSON.stringify({ tolerance: TOLERANCE, spread, runtimes: comparisons, tiled: inTiles, timings }));
  const all = [...comparisons, ...(inTiles ?? [])];
  if (all.some(({ withinTolerance }) => withinTolerance === false)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}

interface Scored {
  runs: RuntimeRun[];
  /** Of the scores of good images. */
  spread: number;
}

/** What every runtime makes of a bundle and the files of the work. */
async function scoreEverywhere(
  bundleFolder: string,
  imagesFolder: string,
  chosen?: readonly string[],
): Promise<Scored> {
  const work = await makeWork(bundleFolder, imagesFolder, chosen);
  const manifest = await parseManifest(work.bundle.get(BUNDLE_FILES.manifest) as Uint8Array, bundleFolder);
  const spread = manifest.calibration.scoreSpread;
  const server = await serveWork(work);
  const runs: RuntimeRun[] = [];
  const run = async (runtime: string, score: () => Promise<ScoredFile[]>): Promise<void> => {
    const start = performance.now();
    try {
      runs.push({ runtime, images: await score(), seconds: (performance.now() - start) / 1000 });
    } catch (error) {
      runs.push({ runtime, notAvailable: (error as Error).message.replace(/\s+/g, ' ').slice(0, 300) });
    }
    process.stderr.write(`${runtime}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  };
  await run('node cpu', () => onNode(work, 'cpu'));
  await run('node webgpu', () => onNodeWebGpu(server.origin));
  await run('node wasm', () => onWasm(work));
  if (findChromium() === undefined) {
    for (const runtime of ['chromium wasm', 'chromium webgpu', 'chromium wasm, its own JPEG']) {
      runs.push({ runtime, notAvailable: 'there is no Chromium on this machine' });
    }
  } else {
    const chromium = await openChromium(work);
    await run('chromium wasm', () => chromium.score('wasm'));
    await run('chromium webgpu', () => chromium.score('webgpu'));
    await run('chromium wasm, its own JPEG', () => chromium.score('wasm', true));
    await chromium.close();
  }
  await run('workerd wasm', () => onWorkerd(server.origin));
  await run('http', () => overHttp(work, bundleFolder, manifest.name));
  await server.close();
  return { runs, spread };
}
