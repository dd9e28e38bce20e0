import { trainableShapes } from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import { expectAgreement, type Measure } from '../agreement.js';
import { alternate, median } from '../alternate.js';
import type { Surroundings } from '../compare.js';
import { fibers } from '../train/bench-train.js';
import { trainCase } from '../train/train-cases.js';
import { anomalibContender, ourContender } from '../train/train-contenders.js';
import type { RaceData } from './race-data.js';

const FIBERS = 64;
const EFFORT = { seconds: 6, minRounds: 2, maxRounds: 9 };

/**
 * What the epochs of the reference's recipe take in anomalib itself: its optimizer step, which is checked to compute what
 * ours computes and timed here for each layer, as often as the recipe takes it. So it counts steps and nothing else of a
 * PyTorch program, and its quality is that of our preset of its name.
 */
export async function torchSeconds(
  { layers }: RaceData,
  images: number,
  epochs: number,
  { peer, folder, threads, log, quick }: Surroundings,
): Promise<{ name: string; seconds: number } | undefined> {
  if (!peer) return undefined;
  let seconds = 0;
  for (const { name, channels, height, width } of layers) {
    const each = { ...trainCase(channels, width, FIBERS, quick ? 2 : 20), name: `race/${name}` };
    const runtime = createNodeRuntime({ device: 'cpu', threads });
    try {
      const place = { ...fibers(each), runtime, threads, folder };
      const ours = await ourContender(place);
      const theirs = await anomalibContender(peer, place);
      const outputs = new Map<string, Measure>([['losses', 'largest']]);
      for (const [parameter] of trainableShapes(place.shape)) outputs.set(parameter, 'root-mean-square');
      expectAgreement(`${name}: cflow and ${theirs.name}`, ours.outputs, theirs.outputs, outputs);
      const [, samples] = await alternate([ours, theirs], EFFORT);
      const step = median(samples as number[]) / each.steps;
      const steps = epochs * Math.floor((images * height * width) / FIBERS);
      log(`${name}: ${step.toFixed(1)} ms per step of ${theirs.name}, ${steps} steps`);
      seconds += (steps * step) / 1000;
    } finally {
      await runtime.dispose();
    }
  }
  return { name: `${peer.name}, the steps of ${epochs} epochs`, seconds };
}
