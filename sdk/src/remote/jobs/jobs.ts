import { ArgumentError, CflowError } from '../../errors.js';
import { type Bytes, blobOf, chunksOf } from '../bytes/blob-of.js';
import { type NamedFiles, namedBlobs } from '../bytes/named-blobs.js';
import { zip } from '../bytes/zip.js';
import { ApiPromise } from '../http/api-promise.js';
import { list } from '../http/list.js';
import type { ListOptions, Paged } from '../http/paged.js';
import { type CallOptions, TRANSFER_TIMEOUT, type Transport } from '../http/transport.js';
import type {
  DataSetReference,
  DataSetUpload,
  Job,
  JobProgress,
  JobSettings,
  JobStatus,
} from '../types/job.js';
import type { JobEvent } from '../types/job-event.js';
import { type JobEventsOptions, jobEvents } from './job-events.js';

/**
 * Where a job's images come from: the store, an address, a ZIP archive that is uploaded, or files that are packed into one,
 * by the paths that they get there, such as `train/good/1.png`.
 */
export type DataSetInput = DataSetReference | Bytes | { files: NamedFiles };

export interface JobInput extends JobSettings {
  dataSet: DataSetInput;
}

export interface CreateJobOptions extends CallOptions {
  /** With the same key the same request makes one job however often it is sent. Default: a random one for each call. */
  idempotencyKey?: string | undefined;
}

export interface WaitOptions extends JobEventsOptions {
  /** Told whenever the job gets on. */
  onProgress?: ((progress: JobProgress) => void) | undefined;
}

/** A job that has ended without a result: failed or cancelled. `code` is the job's own. */
export class JobError extends CflowError {
  override readonly name: string = 'JobError';
  readonly job: Job;

  constructor(job: Job) {
    const code = job.error?.code ?? job.status;
    super(code, `job ${job.id} was not done: ${job.error?.message ?? job.status}`, {
      details: { job: job.id },
    });
    this.job = job;
  }
}

// In every runtime that can send one; the compiler does not know of it yet.
interface StreamFrom {
  from(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array>;
}

const PATH = ['v1', 'jobs'] as const;

/** Training jobs. */
export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Queues a job. An archive or files are uploaded first. */
  create({ dataSet, ...settings }: JobInput, options: CreateJobOptions = {}): ApiPromise<Job> {
    const { idempotencyKey = randomKey(), ...call } = options;
    const create = async () => {
      const reference = isReference(dataSet) ? dataSet : { path: (await this.upload(dataSet, call)).path };
      return this.#transport
        .json<Job>({
          method: 'POST',
          path: PATH,
          json: { ...settings, dataSet: reference },
          headers: { 'idempotency-key': idempotencyKey },
          idempotent: true,
          ...call,
        })
        .withResponse();
    };
    return new ApiPromise(create());
  }

  /** Uploads a data set, for several jobs on the same one. A stream is sent as it is read, and never a second time. */
  async upload(
    dataSet: Exclude<DataSetInput, DataSetReference>,
    options: CallOptions = {},
  ): Promise<DataSetUpload> {
    return this.#transport.json({
      method: 'POST',
      path: ['v1', 'data-sets'],
      headers: { 'content-type': 'application/zip' },
      // Kept under its hash: the same again is the same.
      idempotent: true,
      timeout: TRANSFER_TIMEOUT,
      ...options,
      body: await archiveOf(dataSet),
    });
  }

  get(id: string, options: CallOptions = {}): ApiPromise<Job> {
    return this.#transport.json({ path: [...PATH, id], ...options });
  }

  /** Jobs, the newest first. */
  list({ status, ...options }: ListOptions & { status?: JobStatus | undefined } = {}): Paged<Job> {
    return list(this.#transport, PATH, 'jobs', options, { status });
  }

  /** Cancels a job; one that runs ends as soon as its worker hears of it. */
  cancel(id: string, options: CallOptions = {}): ApiPromise<Job> {
    return this.#transport.json({ method: 'POST', path: [...PATH, id, 'cancel'], ...options });
  }

  /** What a job has written: a line for each entry. */
  logs(id: string, options: CallOptions = {}): ApiPromise<string> {
    return this.#transport.send({ path: [...PATH, id, 'logs'], ...options }, (response) => response.text());
  }

  /** What happens to a job, until it has ended. Connects again by itself. */
  events(id: string, options: JobEventsOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    return jobEvents(this.#transport, id, options);
  }

  /** Waits until a job has succeeded. Rejects with JobError when it fails or is cancelled. */
  async wait(id: string, { onProgress, ...options }: WaitOptions = {}): Promise<Job> {
    for await (const { type, data } of this.events(id, options)) {
      if (type === 'status') onProgress?.(data.progress);
      if (type === 'progress') onProgress?.(data);
    }
    const job = await this.get(id, options);
    if (job.status === 'succeeded') return job;
    throw new JobError(job);
  }
}

async function archiveOf(
  dataSet: Exclude<DataSetInput, DataSetReference>,
): Promise<Blob | ReadableStream<Uint8Array>> {
  if (typeof dataSet === 'object' && dataSet !== null && 'files' in dataSet)
    return zip(await namedBlobs(dataSet.files));
  const chunks = chunksOf(dataSet);
  // Where `fetch` can send what is still to come; elsewhere it would send the words "[object ReadableStream]".
  if (chunks && !(dataSet instanceof Blob) && 'duplex' in Request.prototype && 'from' in ReadableStream)
    return (ReadableStream as unknown as StreamFrom).from(chunks);
  const blob = await blobOf(dataSet);
  if (!blob) throw new ArgumentError('dataSet: expected { path }, { url }, { files } or the bytes of a ZIP');
  return blob;
}

function isReference(dataSet: DataSetInput): dataSet is DataSetReference {
  return typeof dataSet === 'object' && ('path' in dataSet || ('url' in dataSet && !('size' in dataSet)));
}

// Not `randomUUID`, which a page has over HTTPS only.
function randomKey(): string {
  return crypto.getRandomValues(new Uint8Array(16)).join('-');
}
