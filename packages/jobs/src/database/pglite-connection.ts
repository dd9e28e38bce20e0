import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { JobsError } from '../jobs-error.js';
import type { ThreadRequest, ThreadResponse } from './pglite-messages.js';

interface Pending {
  resolve(rows: unknown[]): void;
  reject(error: Error): void;
}

type Call = { kind: 'query'; text: string; values?: readonly unknown[] | undefined } | { kind: 'close' };

/** The one connection to a PGlite in a thread of its own. The thread keeps the process alive only while it owes an answer. */
export class PgliteConnection {
  readonly #worker: Worker;
  readonly #pending: Map<number, Pending> = new Map();
  readonly #exited: Promise<void>;
  #failure: Error | undefined;
  #lastId = 0;

  /** @param folder of its files; undefined keeps everything in memory */
  constructor(folder: string | undefined) {
    // By the package's name: it must be the built file also when this one runs as source.
    const file = createRequire(import.meta.url).resolve('@cflow/jobs/pglite-thread');
    this.#worker = new Worker(file, { name: 'cflow-jobs', workerData: { folder }, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (response: ThreadResponse) => this.#settle(response));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new Error('its thread ended'));
        resolve();
      });
    });
  }

  /** Whether its thread is gone, so that another connection is needed. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  query(text: string, values: readonly unknown[] | undefined): Promise<unknown[]> {
    return this.#call({ kind: 'query', text, values });
  }

  async close(): Promise<void> {
    if (!this.#failure) await this.#call({ kind: 'close' });
    // The caller that waits for the end must live to see it: nothing else may be left in the process.
    this.#worker.ref();
    await this.#exited;
  }

  #call(call: Call): Promise<unknown[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ ...call, id } satisfies ThreadRequest);
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
    });
  }

  #settle(response: ThreadResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (response.ok) pending?.resolve(response.rows);
    else pending?.reject(Object.assign(new Error(response.error.message), response.error));
  }

  #fail(cause: Error): void {
    this.#failure ??= new JobsError(
      'unavailable',
      'the database of jobs has stopped; try again in some seconds',
      {
        cause,
        retryable: true,
      },
    );
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
