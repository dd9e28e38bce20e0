import type { CheckpointStore } from './checkpoint-store.js';
import { takeSnapshot } from './snapshot.js';

/** Milliseconds before the next attempt, at least, when an upload has failed. */
const PAUSE_AFTER_FAILURE = 2000;

export interface CheckpointMirrorOptions {
  /** Folder of the run: `<output>.training`. */
  folder: string;
  /** Milliseconds between the beginnings of two uploads, at least. */
  pauseMs: number;
  signal: AbortSignal;
  /** An upload that failed. The next takes its place: a run does not end for want of a checkpoint. */
  onError(error: unknown): void;
}

/** Keeps a store's copy of a run's checkpoints up to date, one upload at a time and not too often. */
export class CheckpointMirror {
  readonly #store: CheckpointStore;
  readonly #options: CheckpointMirrorOptions;
  #upload: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #changed = false;
  #lost = false;
  /** When the next upload may begin. */
  #next = 0;

  constructor(store: CheckpointStore, options: CheckpointMirrorOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Says that a checkpoint was written. */
  changed(): void {
    this.#changed = true;
    this.#schedule();
  }

  /** Resolves when what has changed so far is in the store, or could not be brought there. */
  async flush(): Promise<void> {
    while (this.#upload) await this.#upload;
    if (this.#changed && !this.#lost) await this.#start();
  }

  /** No further upload; resolves when the one under way has ended. */
  async close(): Promise<void> {
    this.#lost = true;
    clearTimeout(this.#timer);
    await this.#upload;
  }

  #schedule(): void {
    if (this.#upload || this.#timer || this.#lost || !this.#changed) return;
    const wait = Math.max(0, this.#next - performance.now());
    this.#timer = setTimeout(() => {
      void this.#start();
    }, wait);
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#upload ??= this.#run().finally(() => {
      this.#upload = undefined;
      this.#schedule();
    });
    return this.#upload;
  }

  async #run(): Promise<void> {
    this.#changed = false;
    const { folder, pauseMs, signal, onError } = this.#options;
    this.#next = performance.now() + pauseMs;
    try {
      const snapshot = await takeSnapshot(folder, `${folder}.snapshot`);
      if (!snapshot) return;
      try {
        if (!(await this.#store.upload(snapshot, signal))) this.#lost = true;
      } finally {
        await snapshot.remove();
      }
    } catch (error) {
      onError(error);
      this.#changed = true;
      this.#next = performance.now() + Math.max(pauseMs, PAUSE_AFTER_FAILURE);
    }
  }
}
