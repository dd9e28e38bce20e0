import type { Frame } from '../frame.js';

/** Frames between who gives them, never waiting, and who takes them. */
export class WaitingFrames {
  readonly #frames: Frame[] = [];
  #wake: () => void = () => {};
  #over: { error?: unknown } | undefined;

  get length(): number {
    return this.#frames.length;
  }

  add(frame: Frame): void {
    this.#frames.push(frame);
    this.#wake();
  }

  dropOldest(): void {
    this.#frames.shift();
  }

  /** No more come: what waits is still given, then none, or the error. */
  end(over: { error?: unknown } = {}): void {
    this.#over = over;
    this.#wake();
  }

  /** The error at once, instead of what waits. */
  fail(error: unknown): void {
    this.#frames.length = 0;
    this.end({ error });
  }

  /** As `Source.take`. */
  async take(most: number, signal: AbortSignal): Promise<Frame[]> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#frames.length > 0) return this.#frames.splice(0, most);
        if (this.#over?.error !== undefined) throw this.#over.error;
        if (this.#over) return [];
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
