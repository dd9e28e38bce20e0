export interface TurnOptions {
  now(): number;
  /** Milliseconds after which the holder of the turn counts as gone. */
  giveUpMs: number;
}

/**
 * One at a time, among requests that may end in the middle of it without a word: nobody waits for longer than
 * `giveUpMs`, by a timer of its own.
 */
export class Turn {
  readonly #options: TurnOptions;
  #holder: { done: Promise<void>; since: number } | undefined;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    const { now, giveUpMs } = this.#options;
    for (let holder = this.#holder; holder; holder = this.#holder) {
      const left = holder.since + giveUpMs - now();
      if (left <= 0) break;
      await settledOrLate(holder.done, left);
    }
    let leave = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const mine = { done, since: now() };
    this.#holder = mine;
    try {
      return await work();
    } finally {
      if (this.#holder === mine) this.#holder = undefined;
      leave();
    }
  }

  /** Settles when nobody has the turn. */
  async idle(): Promise<void> {
    await this.#holder?.done;
  }
}

async function settledOrLate(done: Promise<void>, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
