/** Random choices from a seed, so that a run that found something can be run again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** In [0, 1). Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** In [0, below). */
  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(choices.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(256));
  }

  /** A copy with some bytes changed, cut out or doubled. */
  mutate(bytes: Uint8Array): Uint8Array {
    const changed = Uint8Array.from(bytes);
    for (let i = 0; i <= this.integer(8); i++) changed[this.integer(changed.length)] = this.integer(256);
    const cut = this.next();
    if (cut < 0.4) return changed.slice(0, this.integer(changed.length));
    if (cut < 0.5) return Uint8Array.from([...changed, ...changed.slice(this.integer(changed.length))]);
    return changed;
  }
}
