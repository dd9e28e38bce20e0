import { alternate, type Contender, type Effort, median, quantile } from './alternate.js';
import { type BenchLine, benchLine } from './bench-line.js';
import type { Peer } from './peer/peer.js';
import type { RaceOptions } from './race/bench-race.js';

/** What a run of benchmarks has around it. */
export interface Surroundings {
  /** One short case each, to see that it works. */
  quick: boolean;
  /** Only cases whose name contains this. */
  only: string;
  /** Threads of each contender. */
  threads: number;
  /** A folder for files that go to the peer. */
  folder: string;
  /** anomalib, where it is found. */
  peer: Peer | undefined;
  /** The Python that has it. */
  python: string | undefined;
  /** Length of a soak. */
  minutes: number;
  /** What a race is about. */
  race: RaceOptions;
  /** For people. */
  log: (text: string) => void;
}

export interface Comparison {
  name: string;
  unit: string;
  /** Images or steps that one run is made of. */
  per: number;
  ours: Contender;
  others: readonly Contender[];
  effort: Effort;
  log: (text: string) => void;
}

/** Times everybody in turns; one line for each of the others. */
export async function compare({
  name,
  unit,
  per,
  ours,
  others,
  effort,
  log,
}: Comparison): Promise<BenchLine[]> {
  const contenders = [ours, ...others];
  const samples = await alternate(contenders, effort);
  const each = samples.map((times) => times.map((time) => time / per));
  log(name);
  contenders.forEach((contender, index) => {
    const times = each[index] as number[];
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(times, share).toPrecision(3));
    log(`  ${middle} ${unit}, half of ${times.length} runs in ${low} to ${high}: ${contender.name}`);
  });
  const own = each[0] as number[];
  return others.map((other, index) => {
    const theirs = each[index + 1] as number[];
    const ratios = theirs.map((time, round) => time / own[round]!);
    const spread = [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const;
    return benchLine(name, unit, median(own), other.name, median(theirs), spread);
  });
}
