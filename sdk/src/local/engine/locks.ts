/** Lets one at a time work on what has the same key. */
export class Locks {
  readonly #last: Map<string, Promise<unknown>> = new Map();

  async with<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(work);
    const settled = done.catch(() => undefined);
    this.#last.set(key, settled);
    await settled;
    if (this.#last.get(key) === settled) this.#last.delete(key);
    return done;
  }
}
