// How long training takes to be good, not how long a step takes: the preset `fast` against the preset `anomalib`, on the
// same features of the same images, and what both reach.
import { join } from 'node:path';
import { splitGoodImages } from '../../../packages/training/src/images/split-good-images.js';
import { type Preset, planTraining } from '../../../packages/training/src/plan/plan.js';
import { runCflow } from '../../demo/run-cflow.js';
import { median, quantile } from '../alternate.js';
import { type BenchLine, benchLine } from '../bench-line.js';
import type { Surroundings } from '../compare.js';
import { measureQuality, type Quality } from './measure-quality.js';
import { type RaceData, raceData } from './race-data.js';
import { type Snapshot, type TimedRun, timedRun } from './timed-run.js';
import { torchSeconds } from './torch-seconds.js';

/** What a race is about, from the command line. */
export interface RaceOptions {
  /** Data set with labelled test images. Left out: one is rendered. */
  path?: string;
  /** Default `embedded`. */
  backbone?: string;
  weights: string | undefined;
  layers: readonly string[];
  seeds: number;
  /** Epochs of the preset `anomalib`. */
  epochs: number;
}

/** A training run with what it had reached at some moments. */
interface Course {
  run: TimedRun;
  /** After each epoch, the last one's for decoders that stopped. */
  stages: readonly Stage[];
}

interface Stage {
  /** Since training began. */
  seconds: number;
  quality: Quality;
  /** Sum over layers of the mean negative log-likelihood per dimension of held-out images, the best so far. */
  heldOut: number;
}

const PEER: Preset = 'anomalib';
/** Both presets hold out as many: they are to be trained, and measured, on the same images. */
const HELD_OUT = 0.2;
/** How often it is looked whether our side is there. Measuring quality takes as long as a second of training. */
const MOMENTS = 10;

const FIGURES = ['imageAuroc', 'pixelAuroc', 'aupro'] as const satisfies readonly (keyof Quality)[];

export async function* benchRace(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const { log, quick, threads } = surroundings;
  const options = quick ? { ...surroundings.race, seeds: 1, epochs: 2 } : surroundings.race;
  const data = await openData(options, surroundings);
  log(`${data.name}: ${data.good.length} good images, ${data.test.length} to test on`);
  const courses: { ours: Course; again: TimedRun; theirs: Course; train: number[]; heldOut: number[] }[] = [];
  for (let seed = 0; seed < options.seeds; seed++) {
    const { train, heldOut } = splitGoodImages(data.good, [], HELD_OUT, seed);
    const timed = (preset: Preset, epochs?: number): Promise<TimedRun> => {
      const planned = planTraining(preset, { seed }, { ...(epochs !== undefined && { epochs }) });
      return timedRun({ data, planned, trainImages: train, heldOutImages: heldOut, threads });
    };
    const own = quick ? options.epochs : undefined;
    const run = await timed('fast', own);
    const theirs = await course(await timed(PEER, options.epochs), 1);
    // Once more, since the machine may have been another before than after.
    const again = await timed('fast', own);
    const ours = await course(run, quick ? 3 : MOMENTS);
    courses.push({ ours, theirs, again, train, heldOut });
    report(seed, { ours, theirs });

    async function course(of: TimedRun, moments: number): Promise<Course> {
      const stages: Stage[] = [];
      for (const seconds of momentsOf(of, moments))
        stages.push(await stageAt(data, of, seconds, heldOut, threads));
      return { run: of, stages };
    }
  }

  function report(seed: number, runs: { ours: Course; theirs: Course }): void {
    for (const [name, { run, stages }] of [
      ['fast', runs.ours],
      [PEER, runs.theirs],
    ] as const) {
      for (const { seconds, quality, heldOut } of stages) {
        const figures = FIGURES.map((figure) => `${figure} ${quality[figure].toFixed(4)}`).join(', ');
        log(
          `seed ${seed}, ${name}: after ${seconds.toFixed(1)} of ${run.seconds.toFixed(1)} s ${figures}, held-out ${heldOut.toFixed(3)}`,
        );
      }
    }
  }

  const peer = `preset ${PEER}, ${options.epochs} epochs`;
  const last = ({ stages }: Course): Stage => stages.at(-1) as Stage;
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const prefix = `race/${data.name}`;
  const targets = courses.map(({ theirs }) => last(theirs));
  const theirSeconds = courses.map(({ theirs }) => theirs.run.seconds);
  const reached = (test: (stage: Stage, target: Stage) => boolean): (number | undefined)[] =>
    courses.map(({ ours, again }, i) => {
      const stage = ours.stages.find((each) => test(each, targets[i] as Stage));
      // As fast as both runs together were, which take the same steps.
      return stage && (stage.seconds * mean([ours.run.seconds, again.seconds])) / ours.run.seconds;
    });
  const times: [string, (number | undefined)[]][] = [
    [
      'time-to-auroc',
      reached(
        ({ quality }, target) =>
          quality.imageAuroc >= target.quality.imageAuroc && quality.pixelAuroc >= target.quality.pixelAuroc,
      ),
    ],
    ['time-to-held-out-likelihood', reached(({ heldOut }, target) => heldOut <= target.heldOut)],
  ];
  const torch =
    surroundings.peer &&
    (await torchSeconds(data, courses.map(({ train }) => train.length)[0]!, options.epochs, surroundings));
  for (const [name, seconds] of times) {
    const all = seconds.filter((each) => each !== undefined);
    if (all.length < seconds.length) {
      log(`${prefix}/${name}: not reached with ${seconds.length - all.length} of ${seconds.length} seeds`);
      continue;
    }
    const against = (other: string, theirs: readonly number[]): BenchLine => {
      const ratios = all.map((own, seed) => theirs[seed]! / own);
      const spread: [number, number] = [quantile(ratios, 0.25), quantile(ratios, 0.75)];
      return benchLine(`${prefix}/${name}`, 's', median(all), other, median(theirs), spread);
    };
    yield against(peer, theirSeconds);
    if (torch)
      yield against(
        torch.name,
        all.map(() => torch.seconds),
      );
  }
  for (const figure of FIGURES) {
    const [own, other] = [courses.map(({ ours }) => last(ours)), targets].map((stages) =>
      mean(stages.map(({ quality }) => quality[figure])),
    ) as [number, number];
    // Of a figure, more is better.
    yield {
      ...benchLine(`${prefix}/${figure}`, 'mean over seeds', own, peer, other),
      ratio: Number((own / other).toPrecision(4)),
    };
  }
}

async function openData(options: RaceOptions, { quick, threads, folder }: Surroundings): Promise<RaceData> {
  const { path, backbone = 'embedded', weights, layers } = options;
  const size = quick ? 128 : 256;
  return raceData({
    path: path ?? (await rendered(folder, quick)),
    backbone,
    weights,
    layers,
    inputSize: [size, size],
    threads,
  });
}

/** A data set of the project's own making, where none is named. */
async function rendered(folder: string, quick: boolean): Promise<string> {
  const output = join(folder, 'parts');
  const counts = quick ? ['--train', '24', '--test-good', '6', '--per-defect', '2', '--size', '128'] : [];
  await runCflow(['synth', output, '--materials', 'wood', '--quiet', ...counts]);
  return join(output, 'wood');
}

/** So many moments of a run at which every decoder had begun, evenly spread over those with something new; the end last. */
function momentsOf({ snapshots }: TimedRun, count: number): number[] {
  const begun = Math.max(...snapshots.map((own) => (own[0] as Snapshot).seconds));
  const all = snapshots.flat().map(({ seconds }) => seconds);
  const later = [...new Set(all.filter((seconds) => seconds >= begun))].sort((a, b) => a - b);
  const places = Array.from({ length: count }, (_, i) => Math.round(((i + 1) * later.length) / count) - 1);
  return [...new Set(places)].filter((place) => place >= 0).map((place) => later[place]!);
}

async function stageAt(
  data: RaceData,
  run: TimedRun,
  seconds: number,
  heldOutImages: readonly number[],
  threads: number,
): Promise<Stage> {
  const decoders = run.snapshots.map(
    (own) => own.filter((each) => each.seconds <= seconds).at(-1) as Snapshot,
  );
  return {
    seconds,
    quality: await measureQuality(data, run.layers, decoders, heldOutImages, threads),
    heldOut: decoders.reduce((sum, { heldOut }) => sum + heldOut, 0),
  };
}
