import { trainableShapes } from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import { largestDifference, type Measure } from '../../bench/agreement.js';
import { alternate, median } from '../../bench/alternate.js';
import { fibers } from '../../bench/train/bench-train.js';
import { QUICK_TRAIN_CASE, type TrainCase, trainCase } from '../../bench/train/train-cases.js';
import { anomalibContender, ourContender } from '../../bench/train/train-contenders.js';
import type { CheckJob } from './checked-device.js';
import { Failed, type Outcome } from './outcome.js';
import { startPeer, THREADS } from './start-peer.js';

/** What losses and parameters may differ by from the CPU's before anything is timed. */
const AGREEMENT = 1e-4;
const EFFORT = { seconds: 8, minRounds: 2, maxRounds: 50 };

/** Layers of a MobileNetV2 and of a Wide ResNet-50. */
const CASES: readonly TrainCase[] = [
  trainCase(128, 32, 1024, 16),
  trainCase(512, 32, 1024, 16),
  trainCase(512, 32, 64, 32),
].map((each) => ({ ...each, effort: EFFORT }));

/** Optimizer steps per second: this project on the device, on the CPU, and anomalib on the same card. */
export async function checkTrainingSpeed(job: CheckJob): Promise<Outcome> {
  const short = job.quick || job.software;
  const cases = short ? [QUICK_TRAIN_CASE] : CASES;
  const { peer, missing } = await startPeer(job);
  const cpu = createNodeRuntime({ device: 'cpu', threads: THREADS });
  const device = createNodeRuntime({ device: job.device });
  const figures: Outcome['figures'] = { unit: 'steps/s', peer: peer?.name ?? missing };
  const wrong: string[] = [];
  try {
    for (const each of cases) {
      const place = { ...fibers(each), threads: THREADS, folder: job.folder };
      const onCpu = await ourContender({ ...place, runtime: cpu });
      const own = await ourContender({ ...place, runtime: device });
      const outputs = new Map<string, Measure>([['losses', 'largest']]);
      for (const [parameter] of trainableShapes(place.shape)) outputs.set(parameter, 'root-mean-square');
      const difference = largestDifference(own.outputs, onCpu.outputs, outputs);
      figures[`${each.name}, difference to the CPU`] = difference;
      if (!(difference <= AGREEMENT)) {
        wrong.push(`${each.name} by ${difference.toExponential(1)}`);
        continue;
      }
      const others = peer ? [await anomalibContender(peer, { ...place, runtime: cpu })] : [];
      const times = await alternate([own, onCpu, ...others], each.effort);
      [job.device, 'cpu', ...others.map(() => 'anomalib')].forEach((side, i) => {
        figures[`${each.name}, ${side}`] = perSecond(each.steps, times[i] as number[]);
      });
    }
  } finally {
    peer?.close();
    await device.dispose();
    await cpu.dispose();
  }
  if (wrong.length > 0) {
    throw new Failed(
      `computes something else than the CPU, at most ${AGREEMENT} is allowed: ${wrong.join(', ')}`,
      figures,
    );
  }
  const count = `${cases.length} ${cases.length === 1 ? 'case' : 'cases'}`;
  const against = peer ? `compared with ${peer.name}` : `not compared with PyTorch: ${missing}`;
  const little = short ? '; the cases are too small for their times to tell anything' : '';
  return {
    reason: `${count} timed, each side in turns, after their results agreed; ${against}${little}`,
    figures,
  };
}

const perSecond = (steps: number, milliseconds: readonly number[]): number =>
  Number(((1000 * steps) / median(milliseconds)).toPrecision(4));
