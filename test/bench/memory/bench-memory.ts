import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type BenchLine, benchLine } from '../bench-line.js';
import { bundleCase } from '../bundle-case.js';
import type { Surroundings } from '../compare.js';
import { Peer } from '../peer/peer.js';
import { SCORE_CASES, type ScoreCase } from '../score/score-cases.js';
import { loadAnomalib } from '../score/score-contenders.js';
import { scoreSetup } from '../score/score-setup.js';

/** How often each side scores its batch. */
const ROUNDS = 3;
const BACKBONES = ['resnet18', 'mobilenet_v2', 'wide_resnet50_2'] as const;
const SCRIPT = fileURLToPath(new URL('score-images.mjs', import.meta.url));
const memorySchema = z.object({ bytes: z.number().positive() });

/**
 * The most memory that a process holds which opens a detector and scores batches of images with it: ours from a bundle
 * on the disk, anomalib's model with weights from a file. Sizes are the same, numbers are not and do not matter here.
 */
export async function* benchMemory(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const { only, python, log } = surroundings;
  if (!python) {
    log('nothing to compare the memory with: there is no anomalib');
    return;
  }
  const cases = SCORE_CASES.filter(({ whole }) => whole).map((scoreCase) => ({
    scoreCase,
    name: `memory/${scoreCase.backbone}/batch-${scoreCase.batch}`,
  }));
  for (const { scoreCase, name } of surroundings.quick ? cases.slice(0, 1) : cases) {
    if (name.includes(only)) yield await benchCase(name, scoreCase, python, surroundings);
  }
}

async function benchCase(
  name: string,
  scoreCase: ScoreCase,
  python: string,
  { folder, threads, log }: Surroundings,
): Promise<BenchLine> {
  const backbone = BACKBONES.find((each) => each === scoreCase.backbone);
  if (!backbone) throw new Error(`there is no bundle to make for ${scoreCase.backbone}`);
  const { bundle, images } = await bundleCase(folder, { backbone, precision: 'float32' }, scoreCase.batch);
  const { stdout } = await promisify(execFile)(process.execPath, [
    SCRIPT,
    bundle,
    String(threads),
    String(ROUNDS),
    ...images,
  ]);
  const own = memorySchema.parse(JSON.parse(stdout)).bytes;
  const setup = await scoreSetup(scoreCase, folder);
  const peer = await Peer.start(python, threads);
  try {
    await loadAnomalib(peer, scoreCase, setup);
    for (let round = 0; round < ROUNDS; round++) await peer.run();
    const other = await peer.peakMemory();
    log(`${name}: ${Math.round(own / 1e6)} MB, ${peer.name} ${Math.round(other / 1e6)} MB`);
    return benchLine(name, 'MB', own / 1e6, peer.name, other / 1e6);
  } finally {
    peer.close();
  }
}
