import { fileURLToPath } from 'node:url';
import { LOG_LIKELIHOOD, trainableShapes } from '@cflow/model';
import type { Runtime } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';
import { largestDifference, type Measure } from '../../bench/agreement.js';
import { alternate, type Contender, type Effort, median } from '../../bench/alternate.js';
import { findPython } from '../../bench/peer/find-python.js';
import { Peer } from '../../bench/peer/peer.js';
import { openPlace } from '../../bench/score/bench-score.js';
import { QUICK_SCORE_CASE, SCORE_CASES, type ScoreCase } from '../../bench/score/score-cases.js';
import * as scoring from '../../bench/score/score-contenders.js';
import { scoreSetup } from '../../bench/score/score-setup.js';
import { fibers } from '../../bench/train/bench-train.js';
import { QUICK_TRAIN_CASE, TRAIN_CASES, type TrainCase } from '../../bench/train/train-cases.js';
import * as training from '../../bench/train/train-contenders.js';
import type { CheckedDevice, CheckJob } from './checked-device.js';
import { Failed, type Outcome } from './outcome.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const THREADS = 2;
/** What two may differ by before they are timed; CUDA multiplies with 10 bits (TF32), which JavaScript cannot turn off. */
const AGREEMENT: Readonly<Record<CheckedDevice, number>> = { webgpu: 1e-4, cuda: 5e-3 };

/** Whose shaders take seconds in software: still the whole path, from pixels to a score. */
const TINY_SCORE_CASE: ScoreCase = {
  ...QUICK_SCORE_CASE,
  layers: QUICK_SCORE_CASE.layers.slice(0, 1),
  size: 64,
};

/** Milliseconds per image: this project on the device and on the CPU, and anomalib on the same card. */
export async function checkScoringSpeed(job: CheckJob): Promise<Outcome> {
  const cases = short(job) ? [TINY_SCORE_CASE] : SCORE_CASES.filter(({ whole }) => whole);
  return measure(job, 'ms/image', cases, async (each, runtimes, peer) => {
    const setup = await scoreSetup(each, job.folder);
    const cpu = await openPlace(each, setup, runtimes.cpu);
    const reference = await scoring.referenceContender(cpu);
    const onCpu = await scoring.ourContender(cpu, reference.outputs);
    const own = await scoring.ourContender(await openPlace(each, setup, runtimes.device), reference.outputs);
    const names = [...setup.layers.map(({ name }) => LOG_LIKELIHOOD + name), 'anomaly_map', 'score'];
    const outputs = new Map(names.map((name) => [name, 'largest' as const]));
    const difference = largestDifference(own.outputs, onCpu.outputs, outputs);
    const others = peer ? [await scoring.anomalibContender(peer, cpu)] : [];
    return { own, others: [onCpu, ...others], difference, per: each.batch };
  });
}

/** Milliseconds per optimizer step, likewise. */
export async function checkTrainingSpeed(job: CheckJob): Promise<Outcome> {
  const cases = short(job) ? [QUICK_TRAIN_CASE] : TRAIN_CASES;
  return measure(job, 'ms/step', cases, async (each, runtimes, peer) => {
    const place = { ...fibers(each), threads: THREADS, folder: job.folder };
    const onCpu = await training.ourContender({ ...place, runtime: runtimes.cpu });
    const own = await training.ourContender({ ...place, runtime: runtimes.device });
    const outputs = new Map<string, Measure>([['losses', 'largest']]);
    for (const [parameter] of trainableShapes(place.shape)) outputs.set(parameter, 'root-mean-square');
    const difference = largestDifference(own.outputs, onCpu.outputs, outputs);
    const others = peer ? [await training.anomalibContender(peer, { ...place, runtime: runtimes.cpu })] : [];
    return { own, others: [onCpu, ...others], difference, per: each.steps };
  });
}

interface Sides {
  own: Contender;
  /** This project on the CPU, then anomalib where it is found. */
  others: Contender[];
  /** Between this project on the device and on the CPU. */
  difference: number;
  /** Images or steps in one run. */
  per: number;
}

interface Runtimes {
  cpu: Runtime;
  device: Runtime;
}

const short = ({ quick, software }: CheckJob): boolean => quick || software;

async function measure<C extends (ScoreCase | TrainCase) & { effort: Effort }>(
  job: CheckJob,
  unit: string,
  cases: readonly C[],
  open: (each: C, runtimes: Runtimes, peer: Peer | undefined) => Promise<Sides>,
): Promise<Outcome> {
  const { peer, missing } = await startPeer(job);
  const runtimes: Runtimes = {
    cpu: createNodeRuntime({ device: 'cpu', threads: THREADS }),
    device: createNodeRuntime({ device: job.device }),
  };
  const figures: Outcome['figures'] = { unit, peer: peer?.name ?? missing };
  const allowed = AGREEMENT[job.device];
  const wrong: string[] = [];
  try {
    for (const each of cases) {
      const { own, others, difference, per } = await open(each, runtimes, peer);
      figures[`${each.name}, difference to the CPU`] = difference;
      if (!(difference <= allowed)) {
        wrong.push(`${each.name} by ${difference.toExponential(1)}`);
        continue;
      }
      const [times = [], ...rest] = await alternate([own, ...others], each.effort);
      figures[`${each.name}, ${job.device}`] = rounded(median(times) / per);
      rest.forEach((samples, i) => {
        figures[`${each.name}, ${i === 0 ? 'cpu' : 'anomalib'}`] = rounded(median(samples) / per);
      });
    }
  } finally {
    peer?.close();
    await runtimes.device.dispose();
    await runtimes.cpu.dispose();
  }
  if (wrong.length > 0) {
    throw new Failed(
      `computes something else than the CPU, at most ${allowed} is allowed: ${wrong.join(', ')}`,
      figures,
    );
  }
  const times = short(job) ? '; the cases are too small for their times to tell anything' : '';
  return {
    reason: `${cases.length} ${cases.length === 1 ? 'case' : 'cases'} timed, each side in turns, after their results agreed; ${
      peer ? `compared with ${peer.name}` : `not compared with PyTorch: ${missing}`
    }${times}`,
    figures,
  };
}

/** anomalib on the same card, or why there is none. */
async function startPeer({ software }: CheckJob): Promise<{ peer?: Peer; missing: string }> {
  if (software) return { missing: 'there is no GPU here that PyTorch could use' };
  const found = await findPython(ROOT);
  if ('missing' in found) return { missing: found.missing };
  try {
    return { peer: await Peer.start(found.python, THREADS, 'cuda'), missing: '' };
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').slice(0, 300);
    return { missing: `anomalib does not start on a GPU: ${reason}` };
  }
}

const rounded = (value: number): number => Number(value.toPrecision(4));
