// A thread that is stopped while it is inside the engine takes the process along: the binding calls into a JavaScript
// that is no longer there, throws, and nothing catches it (onnxruntime-node 1.30; exit by SIGABRT). And a process that
// ends, by process.exit() or an uncaught error, stops its threads. So whoever stops the thread waits at this gate.
const BUSY = 0;
const CLOSED = 1;

export class WorkerGate {
  readonly shared: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.shared = shared;
    this.#state = new Int32Array(shared);
  }

  /** In the thread: does the work while the gate counts it, or throws when the gate is closed. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    Atomics.add(this.#state, BUSY, 1);
    try {
      if (Atomics.load(this.#state, CLOSED) === 1) throw new Error('the thread is about to end');
      return await work();
    } finally {
      Atomics.sub(this.#state, BUSY, 1);
      Atomics.notify(this.#state, BUSY);
    }
  }

  /** Outside: lets no new work begin. */
  close(): void {
    Atomics.store(this.#state, CLOSED, 1);
  }

  /** Outside: blocks the calling thread until the work that has begun is over; false when it was not after so long. */
  wait(timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const busy = Atomics.load(this.#state, BUSY);
      const left = deadline - performance.now();
      if (busy === 0) return true;
      if (left <= 0) return false;
      Atomics.wait(this.#state, BUSY, busy, left);
    }
  }
}
