import type { ImageInput } from '../detector.js';
import type { FeedbackInput } from '../remote/client.js';
import type { ApiPromise } from '../remote/http/api-promise.js';
import { type CallOptions, TRANSFER_TIMEOUT, type Transport } from '../remote/http/transport.js';
import { type CflowClientOptions, transportOf } from '../remote/http/transport-of.js';
import { imageFile } from '../remote/predict/image-file.js';
import type { DataSetReference, Job } from '../remote/types/job.js';
import type { Feedback } from '../remote/types/service.js';

/** What a part really was, and the picture of it. */
export interface ReviewedPart extends FeedbackInput {
  /** The same picture as was scored; kept where the detector's settings have `keepImageDays`, else ConflictError. */
  image?: ImageInput | undefined;
}

export interface ExportOptions extends CallOptions {
  /** An alias, a version, or its first 8 digits or more. Default: all versions. */
  version?: string | undefined;
}

export interface RetrainOptions extends CallOptions {
  /** The version that is to be better: an alias or a version. Default `latest`. */
  version?: string | undefined;
  /** Where its images are. Default: those that it was trained on, where they are still kept. */
  dataSet?: DataSetReference | undefined;
  /** Alias moved to the new version; null: none. Default `candidate`: nothing that is used changes. */
  alias?: string | null | undefined;
  /** With the same key the same request makes one job however often it is sent. */
  idempotencyKey?: string | undefined;
}

/** The loop behind a detector: what people say of its predictions, and a new version that is trained with it. */
export class ReviewClient {
  readonly #transport: Transport;

  /** @throws ArgumentError when the address or the key cannot be used */
  constructor(options: CflowClientOptions) {
    this.#transport = transportOf(options);
  }

  /** Says what a part really was, and keeps its picture where one is given. `prediction` is the `id` of a prediction. */
  async mark(
    prediction: string,
    { image, ...said }: ReviewedPart,
    options: CallOptions = {},
  ): Promise<Feedback> {
    const file = image === undefined ? undefined : await imageFile(image, this.#transport, options);
    const feedback = await this.#transport.json<Feedback>({
      method: 'POST',
      path: [...PREDICTIONS, prediction, 'feedback'],
      json: said,
      idempotent: true,
      ...options,
    });
    if (!file) return feedback;
    return this.#transport.json<Feedback>({
      method: 'PUT',
      path: [...PREDICTIONS, prediction, 'image'],
      headers: { 'content-type': file.type.startsWith('image/') ? file.type : 'application/octet-stream' },
      body: file,
      idempotent: true,
      timeout: TRANSFER_TIMEOUT,
      ...options,
    });
  }

  /** The picture of a prediction, where it is kept; else NotFoundError. */
  image(prediction: string, options: CallOptions = {}): ApiPromise<Blob> {
    return this.#transport.send(
      { path: [...PREDICTIONS, prediction, 'image'], timeout: TRANSFER_TIMEOUT, ...options },
      (response) => response.blob(),
    );
  }

  /** Deletes what was said of a prediction, and its picture. */
  delete(prediction: string, options: CallOptions = {}): ApiPromise<void> {
    return this.#transport.json({
      method: 'DELETE',
      path: [...PREDICTIONS, prediction, 'feedback'],
      idempotent: true,
      ...options,
    });
  }

  /** All that was said of a detector's predictions: a table, or the pictures as a data set that training reads. */
  export(name: string, format: 'csv' | 'zip', { version, ...options }: ExportOptions = {}): ApiPromise<Blob> {
    return this.#transport.send(
      {
        path: ['v1', 'detectors', name, 'feedback', 'export'],
        query: { format, version },
        timeout: TRANSFER_TIMEOUT,
        ...options,
      },
      (response) => response.blob(),
    );
  }

  /**
   * Trains a new version with what was said, and compares it with the one before on the same pictures: the job's
   * `comparison` says what to do. The new one is used once an alias is moved to it.
   */
  retrain(
    name: string,
    { idempotencyKey, signal, timeout, maxRetries, ...request }: RetrainOptions = {},
  ): ApiPromise<Job> {
    return this.#transport.json({
      method: 'POST',
      path: ['v1', 'detectors', name, 'retrain'],
      ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
      json: request,
      idempotent: idempotencyKey !== undefined,
      signal,
      timeout,
      maxRetries,
    });
  }
}

const PREDICTIONS = ['v1', 'predictions'] as const;
