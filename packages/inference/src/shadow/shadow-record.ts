import type { ShadowComparison } from '@cflow/spec';

/** What two versions said of one image. */
export interface ComparedImage {
  /** Milliseconds since 1970. */
  time: number;
  answered: Verdict;
  shadow: Verdict;
}

type Verdict = { score: number; falseAlarmProbability: number; label: 'good' | 'bad' };

/** Pairs of versions that are kept. */
const MOST_PAIRS = 64;
/** Images that are kept of those that a pair does not agree on. */
const MOST_DIFFERING = 20;

class Difference {
  #sum = 0;
  #sumAbsolute = 0;
  #largest = 0;
  #count = 0;

  add(difference: number): void {
    this.#count++;
    this.#sum += difference;
    this.#sumAbsolute += Math.abs(difference);
    this.#largest = Math.max(this.#largest, Math.abs(difference));
  }

  get now(): ShadowComparison['scoreDifference'] {
    if (this.#count === 0) return null;
    return {
      mean: this.#sum / this.#count,
      meanAbsolute: this.#sumAbsolute / this.#count,
      largest: this.#largest,
    };
  }
}

interface Pair {
  name: string;
  counts: Pick<
    ShadowComparison,
    | 'version'
    | 'shadow'
    | 'since'
    | 'compared'
    | 'dropped'
    | 'failed'
    | 'agreed'
    | 'onlyShadow'
    | 'onlyAnswered'
  >;
  scores: Difference;
  probabilities: Difference;
  /** The newest first. */
  differing: ShadowComparison['differing'];
}

/** What shadows said beside the versions that answered, by pair of versions, in bounded space. */
export class ShadowRecord {
  // In the order of use: the first is the one that was used longest ago.
  readonly #pairs: Map<string, Pair> = new Map();

  dropped(name: string, version: string, shadow: string, time: number): void {
    this.#pair(name, version, shadow, time).counts.dropped++;
  }

  failed(name: string, version: string, shadow: string, time: number): void {
    this.#pair(name, version, shadow, time).counts.failed++;
  }

  compared(name: string, version: string, beside: string, { time, answered, shadow }: ComparedImage): void {
    const { counts, scores, probabilities, differing } = this.#pair(name, version, beside, time);
    counts.compared++;
    scores.add(shadow.score - answered.score);
    probabilities.add(shadow.falseAlarmProbability - answered.falseAlarmProbability);
    if (shadow.label === answered.label) {
      counts.agreed++;
      return;
    }
    if (shadow.label === 'bad') counts.onlyShadow++;
    else counts.onlyAnswered++;
    differing.unshift({
      at: instant(time),
      score: answered.score,
      label: answered.label,
      shadowScore: shadow.score,
      shadowLabel: shadow.label,
    });
    differing.splice(MOST_DIFFERING);
  }

  /** The pairs of a detector, the last used first. */
  of(name: string): ShadowComparison[] {
    return [...this.#pairs.values()]
      .filter((pair) => pair.name === name)
      .reverse()
      .map(({ counts, scores, probabilities, differing }) => ({
        ...counts,
        scoreDifference: scores.now,
        falseAlarmDifference: probabilities.now,
        differing: [...differing],
      }));
  }

  #pair(name: string, version: string, shadow: string, time: number): Pair {
    const key = `${name}@${version} ${shadow}`;
    const counts = { compared: 0, dropped: 0, failed: 0, agreed: 0, onlyShadow: 0, onlyAnswered: 0 };
    const pair = this.#pairs.get(key) ?? {
      name,
      counts: { version, shadow, since: instant(time), ...counts },
      scores: new Difference(),
      probabilities: new Difference(),
      differing: [],
    };
    this.#pairs.delete(key);
    this.#pairs.set(key, pair);
    const [oldest] = this.#pairs.keys();
    if (this.#pairs.size > MOST_PAIRS && oldest !== undefined) this.#pairs.delete(oldest);
    return pair;
  }
}

function instant(time: number): string {
  return new Date(time).toISOString();
}
