/** A use of something shared; what nobody uses any more is closed. */
export interface Use<T> {
  readonly value: T;
  /** May be called again. */
  release(): Promise<void>;
}

interface Entry<T> {
  opened: Promise<T>;
  users: number;
}

/** Things that are opened once per key, however many use them. */
export class Shared<T> {
  readonly #entries: Map<string, Entry<T>> = new Map();
  readonly #close: (value: T) => Promise<void>;
  readonly #isAlive: (value: T) => boolean;

  constructor(close: (value: T) => Promise<void>, isAlive: (value: T) => boolean = () => true) {
    this.#close = close;
    this.#isAlive = isAlive;
  }

  /** Opens it, or takes what is open. One that is no longer alive is replaced; who uses it still has it. */
  async use(key: string, open: () => Promise<T>): Promise<Use<T>> {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { opened: open(), users: 0 };
      this.#entries.set(key, entry);
    }
    entry.users++;
    let value: T;
    try {
      value = await entry.opened;
    } catch (error) {
      this.#forget(key, entry);
      throw error;
    }
    if (!this.#isAlive(value)) {
      await this.#release(key, entry, value);
      this.#forget(key, entry);
      return this.use(key, open);
    }
    let released: Promise<void> | undefined;
    return {
      value,
      release: () => {
        released ??= this.#release(key, entry, value);
        return released;
      },
    };
  }

  async #release(key: string, entry: Entry<T>, value: T): Promise<void> {
    entry.users--;
    if (entry.users > 0) return;
    this.#forget(key, entry);
    await this.#close(value);
  }

  #forget(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
