/** Wakes whoever waits. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves after `milliseconds`, or as soon as the bell rings. With `idle` it does not keep the process alive. */
  wait(milliseconds: number, options: { idle?: boolean } = {}): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      if (options.idle) timer.unref();
      this.#waiting.add(wake);
    });
  }
}
