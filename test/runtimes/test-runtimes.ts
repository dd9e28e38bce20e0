// Scores the same files in every runtime and compares. `--bundle FOLDER` takes a bundle instead of training one.
// Prints a table, and as the last line a JSON object. Exit code 1 when a runtime that is there is out of tolerance.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseManifest } from '@cflow/detector';
import { BUNDLE_FILES } from '@cflow/spec';
import { findChromium } from '../support/chromium.js';
import { compareRuns, printTable, type RuntimeRun, TOLERANCE } from './compare-runs.js';
import { openChromium } from './in-chromium.js';
import { onNode, onNodeWebGpu, onWasm } from './in-node.js';
import { onWorkerd } from './in-workerd.js';
import { makeWork, trainSmallBundle } from './make-work.js';
import { overHttp } from './over-http.js';
import type { ScoredFile } from './score-files.js';
import { serveWork } from './serve-work.js';

const { values } = parseArgs({ options: { bundle: { type: 'string' } } });
const folder = await mkdtemp(join(tmpdir(), 'cflow-runtimes-'));
try {
  const bundleFolder = values.bundle ?? (await trainSmallBundle(folder));
  const work = await makeWork(bundleFolder, join(folder, 'images'));
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

  const comparisons = compareRuns(runs, spread);
  const { log } = console;
  log(printTable(comparisons, spread));
  log(JSON.stringify({ tolerance: TOLERANCE, spread, runtimes: comparisons }));
  if (comparisons.some(({ withinTolerance }) => withinTolerance === false)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
