// The time per image of native cpu, wasm in Chromium and wasm in workerd, taking turns on one detector and one image.
import { makeBundle, testImage } from '@cflow/detector/testing';
import { encodePng } from '@cflow/visual/node';
import { alternate, quantile } from '../../bench/alternate.js';
import { findChromium } from '../../support/chromium.js';
import { TOLERANCE } from '../compare-runs.js';
import type { Work } from '../score-files.js';
import { openChromiumWasm, openCpu, openWorkerd } from './open-timed.js';
import type { TimedRuntime } from './timed-runtime.js';

export interface TimingCase {
  backbone: 'mobilenet_v2' | 'resnet18';
  /** Of native cpu and of wasm in Chromium. */
  threads: number;
}

/** The first one's figures stand in the table of the runtimes. With one thread, a busy machine disturbs least. */
export const TIMING_CASES: readonly TimingCase[] = [
  { backbone: 'mobilenet_v2', threads: 2 },
  { backbone: 'mobilenet_v2', threads: 1 },
  { backbone: 'resnet18', threads: 2 },
];

/** Quartiles. */
export interface Quartiles {
  low: number;
  median: number;
  high: number;
}

export interface TimedRun {
  runtime: string;
  threads: number;
  medianMs: number;
  /** Of each round's time to that of native cpu in the same round. */
  ratioToCpu: Quartiles;
  /** Of its score from that of native cpu, as a share of it. */
  difference: number;
}

export interface Timing extends TimingCase {
  rounds: number;
  runs: TimedRun[];
}

/** A network of random weights, 256 x 256, in float32; the first round of each runtime warms up and is not counted. */
export async function timeRuntimes({ backbone, threads }: TimingCase, rounds: number): Promise<Timing> {
  const png = await encodePng(testImage(1, 256, 256));
  const work: Work = {
    bundle: await makeBundle({ name: 'bundle', backbone }),
    images: [{ name: 'image.png', bytes: png }],
  };
  const opened: TimedRuntime[] = [];
  try {
    opened.push(await openCpu(work, threads));
    if (findChromium() !== undefined) opened.push(await openChromiumWasm(work, threads));
    opened.push(await openWorkerd(work));
    const scores = new Map<string, number>();
    const samples = await alternate(
      opened.map(({ runtime, score }) => ({
        name: runtime,
        async run() {
          const { milliseconds, score: found } = await score();
          scores.set(runtime, found);
          return milliseconds;
        },
      })),
      { seconds: 0, minRounds: rounds, maxRounds: rounds },
    );
    const [cpu] = samples as [number[]];
    const expected = scores.get('node cpu') as number;
    const runs = opened.map(({ runtime, threads: found }, index): TimedRun => {
      const times = samples[index] as number[];
      const ratios = times.map((time, round) => time / cpu[round]!);
      const difference = Math.abs((scores.get(runtime) as number) - expected) / Math.abs(expected);
      if (!(difference <= TOLERANCE)) throw new Error(`${runtime} scores ${backbone} off by ${difference}`);
      return {
        runtime,
        threads: found,
        medianMs: quantile(times, 0.5),
        ratioToCpu: {
          low: quantile(ratios, 0.25),
          median: quantile(ratios, 0.5),
          high: quantile(ratios, 0.75),
        },
        difference,
      };
    });
    return { backbone, threads, rounds, runs };
  } finally {
    for (const each of opened) await each.close();
  }
}

/** For people: what was timed, and a line for each runtime. */
export function printTimings(timings: readonly Timing[]): string {
  const lines = timings.flatMap(({ backbone, rounds, runs }) => [
    `Time per image, ${backbone} at 256x256, ${rounds} rounds in turn, from pixels to verdict (workerd: a request with a PNG):`,
    ...runs.map(({ runtime, threads, medianMs, ratioToCpu: { low, median, high } }) => {
      const time = `${medianMs.toFixed(1)} ms`.padStart(9);
      const ratio = `${median.toFixed(2)} times node cpu (quartiles ${low.toFixed(2)} to ${high.toFixed(2)})`;
      return `  ${runtime.padEnd(14)} ${threads} ${threads === 1 ? 'thread ' : 'threads'} ${time}  ${ratio}`;
    }),
  ]);
  return lines.join('\n');
}
