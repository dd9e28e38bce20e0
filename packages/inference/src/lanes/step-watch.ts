/** What a lane is doing: opening the detector of this key, running the backbone of this hash, or the head of this key. */
export interface Step {
  kind: 'open' | 'backbone' | 'head';
  key: string;
}

/** Told of every call of an engine, in the order in which the engine takes them. */
export interface StepWatch {
  /**
   * @param images Images of the run; 0 for what is not a run
   * @param pace Whose pace the run tells of: the hash of a backbone, the key of a detector
   * @returns a function to call when the call is over
   */
  begin(step: Step, images: number, pace: string): () => void;
}

/** Both are told. */
export function bothWatches(first: StepWatch, second: StepWatch | undefined): StepWatch {
  if (!second) return first;
  return {
    begin: (step, images, pace) => {
      const over = first.begin(step, images, pace);
      const alsoOver = second.begin(step, images, pace);
      return () => {
        over();
        alsoOver();
      };
    },
  };
}

/** How long an engine may take, in milliseconds. */
export interface StepLimits {
  /** For loading a model, and for a run that is part of opening a detector. */
  openMs: number;
  /** For any other run: ten times what the slowest images before took, but within these bounds. */
  runMs: { least: number; most: number };
}

const MULTIPLE = 10;
/** A timer that fires later than this was held up, and so were the answers that it waits for. */
const LATENESS_MS = 250;

interface Call {
  step: Step;
  limitMs: number;
  since: number;
}

/**
 * Notices when an engine does not come back. An engine takes one call after the other, so only the oldest one can be late,
 * and its time begins when those before it are over.
 */
export class StepClock implements StepWatch {
  readonly #limits: StepLimits;
  readonly #now: () => number;
  readonly #onLate: (step: Step, limitMs: number) => void;
  readonly #calls: Call[] = [];
  /** The slowest milliseconds per image that were seen. */
  readonly #paces: Map<string, number> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLate called at most once */
  constructor(limits: StepLimits, now: () => number, onLate: (step: Step, limitMs: number) => void) {
    this.#limits = limits;
    this.#now = now;
    this.#onLate = onLate;
  }

  /** What the engine is at. */
  get current(): Step | undefined {
    return this.#calls[0]?.step;
  }

  begin(step: Step, images: number, pace: string): () => void {
    const call: Call = { step, limitMs: this.#limitOf(step, images, pace), since: this.#now() };
    this.#calls.push(call);
    if (this.#calls.length === 1) this.#arm(call);
    return () => {
      const index = this.#calls.indexOf(call);
      if (index < 0) return;
      this.#calls.splice(index, 1);
      if (index > 0) return;
      if (images > 0) this.#learn(pace, (this.#now() - call.since) / images);
      const [next] = this.#calls;
      if (next) next.since = this.#now();
      this.#arm(next);
    };
  }

  /** Nothing is late any more. */
  stop(): void {
    this.#arm(undefined);
  }

  #limitOf({ kind }: Step, images: number, pace: string): number {
    const { openMs, runMs } = this.#limits;
    if (kind === 'open') return openMs;
    const known = this.#paces.get(pace);
    if (known === undefined) return runMs.most;
    return Math.min(runMs.most, Math.max(runMs.least, MULTIPLE * known * images));
  }

  #learn(pace: string, perImage: number): void {
    this.#paces.set(pace, Math.max(perImage, this.#paces.get(pace) ?? 0));
  }

  #arm(call: Call | undefined, again = true): void {
    clearTimeout(this.#timer);
    if (!call) return;
    const due = this.#now() + call.limitMs;
    this.#timer = setTimeout(() => {
      // The machine slept, or the thread was busy: answers that came meanwhile are handled after this timer.
      if (again && this.#now() - due > LATENESS_MS) this.#arm(call, false);
      else this.#onLate(call.step, call.limitMs);
    }, call.limitMs);
    // Whoever waits for the engine keeps the process alive, not this clock.
    (this.#timer as { unref?(): void }).unref?.();
  }
}
