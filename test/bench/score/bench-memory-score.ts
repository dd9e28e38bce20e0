import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Detector, loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { nodeDevices } from '@cflow/runtime/node';
import { timed } from '../alternate.js';
import type { BenchLine } from '../bench-line.js';
import { compare, type Surroundings } from '../compare.js';
import { CFLOW } from '../serve/serve-bundle.js';
import type { ScoreCase } from './score-cases.js';
import { loadAnomalib } from './score-contenders.js';
import { scoreSetup } from './score-setup.js';

/**
 * What `cflow train` makes by default against anomalib's Cflow, from pixels to score and map on networks of the same
 * shape. Their answers differ, since their methods do: only the time to one is compared.
 */
export async function benchMemoryScore(
  scoreCase: ScoreCase,
  { folder, threads, peer, log }: Surroundings,
): Promise<BenchLine[]> {
  if (!peer) {
    log(`${scoreCase.name}: left out, anomalib is not there`);
    return [];
  }
  const setup = await scoreSetup(scoreCase, folder);
  await loadAnomalib(peer, scoreCase, setup);
  const detector = await memoryDetector(scoreCase, folder, threads);
  try {
    const { name, batch, effort } = scoreCase;
    const ours = {
      name: 'cflow',
      run: () => timed(() => detector.predictBatch(setup.images)),
    };
    const theirs = { name: peer.name, run: () => peer.run() };
    return await compare({ name, unit: 'ms/image', per: batch, ours, others: [theirs], effort, log });
  } finally {
    await detector.dispose();
  }
}

/** Trained by the command, on materials that are drawn and a network of random weights: enough places for a full memory. */
async function memoryDetector(
  { backbone, layers, size }: ScoreCase,
  folder: string,
  threads: number,
): Promise<Detector> {
  const run = promisify(execFile);
  const cflow = (...args: string[]) => run(process.execPath, [CFLOW, ...args]);
  const parts = join(folder, 'parts');
  const bundle = join(folder, `${backbone}-memory.cflow`);
  const drawn = ['--train', '32', '--test-good', '1', '--per-defect', '1', '--size', String(size)];
  await cflow('synth', parts, '--materials', 'wood', ...drawn);
  const network = [
    '--backbone',
    backbone,
    '--no-pre-trained',
    '--layers',
    layers.map(([name]) => name).join(','),
  ];
  const rest = ['--input-size', String(size), '--no-evaluate', '--quiet', '--threads', String(threads)];
  await cflow('train', join(parts, 'wood'), '--output', bundle, '--method', 'memory', ...network, ...rest);
  return loadDetector(folderBundle(bundle), {
    devices: await nodeDevices({ threads }),
    device: 'cpu',
    threads,
  });
}
