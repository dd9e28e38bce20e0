export interface BudgetOptions {
  /** The most that one holder may take. Default: all of it. */
  each?: number | undefined;
  /** Told whenever nothing is held any more, with what was taken since it was told last. */
  onEmpty?: ((taken: number) => void) | undefined;
}

/**
 * So much of something for all together: bytes of bodies, streams, whatever is held for a while. What does not fit is
 * refused at once, so that what was admitted can go on.
 */
export class Budget {
  /** For all together. */
  readonly most: number;
  /** For one holder, so that nobody takes everything. */
  readonly mostEach: number;
  readonly #each: Map<string, number> = new Map();
  readonly #onEmpty: ((taken: number) => void) | undefined;
  #held = 0;
  #taken = 0;

  constructor(most: number, { each = most, onEmpty }: BudgetOptions = {}) {
    this.most = most;
    this.mostEach = Math.min(each, most);
    this.#onEmpty = onEmpty;
  }

  /** What is held now. */
  get held(): number {
    return this.#held;
  }

  /** What a holder takes and gives back; it begins with nothing. */
  claim(holder: string): Claim {
    let amount = 0;
    let released = false;
    const add = (change: number): void => {
      amount += change;
      this.#held += change;
      if (change > 0) this.#taken += change;
      const own = (this.#each.get(holder) ?? 0) + change;
      if (own > 0) this.#each.set(holder, own);
      else this.#each.delete(holder);
      if (this.#held === 0) this.#tellOfEmptiness();
    };
    return {
      take: (wanted) => {
        if (released || this.#held + wanted > this.most) return false;
        if ((this.#each.get(holder) ?? 0) + wanted > this.mostEach) return false;
        add(wanted);
        return true;
      },
      giveBack: (given) => add(-Math.min(given, amount)),
      release: () => {
        released = true;
        add(-amount);
      },
    };
  }

  #tellOfEmptiness(): void {
    const taken = this.#taken;
    this.#taken = 0;
    if (taken > 0) this.#onEmpty?.(taken);
  }
}

/** A part of a budget. */
export interface Claim {
  /** Takes more, all of it or nothing. Whether there was room. */
  take(amount: number): boolean;
  /** Gives back some of it. */
  giveBack(amount: number): void;
  /** Gives back all of it, for good: nothing can be taken any more. May be called again. */
  release(): void;
}
