import type { ApiPromise } from '../http/api-promise.js';
import { list } from '../http/list.js';
import type { ListOptions, Paged } from '../http/paged.js';
import { type CallOptions, TRANSFER_TIMEOUT, type Transport } from '../http/transport.js';
import type { DataSetReport } from '../types/data-set-report.js';
import type { StoredDataSet } from '../types/job.js';

/** Archives that the service keeps for jobs. `jobs.upload`, and `jobs.create` with images, bring them there. */
export class DataSets {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Data sets, by their paths. */
  list(options: ListOptions = {}): Paged<StoredDataSet> {
    return list(this.#transport, ['v1', 'data-sets'], 'dataSets', options);
  }

  /** @param path as an upload gives it: `data-sets/…` */
  get(path: string, options: CallOptions = {}): ApiPromise<StoredDataSet> {
    return this.#transport.json({ path: `v1/${path}`.split('/'), ...options });
  }

  /** What a training would understand of it: how many images of which kind, and what is odd. NotFoundError where jobs are done elsewhere. */
  inspect(path: string, options: CallOptions = {}): ApiPromise<DataSetReport> {
    return this.#transport.json({
      method: 'POST',
      path: [...`v1/${path}`.split('/'), 'inspect'],
      timeout: TRANSFER_TIMEOUT,
      idempotent: true,
      ...options,
    });
  }

  /** Deletes a data set that no job waits for or runs on: else it rejects with ConflictError. */
  delete(path: string, options: CallOptions = {}): ApiPromise<void> {
    return this.#transport.json({ method: 'DELETE', path: `v1/${path}`.split('/'), ...options });
  }
}
