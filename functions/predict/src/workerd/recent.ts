/** Values with the time they are of; the one that was set longest ago goes when there are too many. */
export class Recent<T> {
  readonly #most: number;
  readonly #entries: Map<string, { value: T; at: number }> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): { value: T; at: number } | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T, at: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, at });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most && oldest !== undefined) this.#entries.delete(oldest);
  }
}
