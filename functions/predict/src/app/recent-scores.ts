/** Scores that a version of a detector gave, and when it gave the oldest of them. */
export interface RecentScoresOf {
  scores: Float64Array;
  /** Milliseconds since 1970; undefined without scores. */
  since: number | undefined;
}

/** Scores kept of a version. */
const CAPACITY = 1000;
/** Versions at most: 4 MiB in all. */
const MOST_VERSIONS = 256;

interface Ring {
  scores: Float64Array;
  times: Float64Array;
  count: number;
}

/** The last scores of each detector version that this process gave: what drift is measured on. */
export class RecentScores {
  // In the order of use: the first is the one that was used longest ago.
  readonly #rings: Map<string, Ring> = new Map();

  add(name: string, version: string, score: number, time: number): void {
    const key = `${name}@${version}`;
    const ring = this.#rings.get(key) ?? {
      scores: new Float64Array(CAPACITY),
      times: new Float64Array(CAPACITY),
      count: 0,
    };
    ring.scores[ring.count % CAPACITY] = score;
    ring.times[ring.count % CAPACITY] = time;
    ring.count++;
    this.#rings.delete(key);
    this.#rings.set(key, ring);
    if (this.#rings.size > MOST_VERSIONS) {
      const [oldest] = this.#rings.keys();
      this.#rings.delete(oldest as string);
    }
  }

  of(name: string, version: string): RecentScoresOf {
    const ring = this.#rings.get(`${name}@${version}`);
    if (!ring) return { scores: new Float64Array(0), since: undefined };
    const length = Math.min(ring.count, CAPACITY);
    const oldest = ring.count > CAPACITY ? ring.count % CAPACITY : 0;
    return { scores: ring.scores.slice(0, length), since: ring.times[oldest] };
  }
}
