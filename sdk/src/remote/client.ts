import type { Asked, Prediction } from '../detector.js';
import { ArgumentError } from '../errors.js';
import type { ApiPromise } from './http/api-promise.js';
import { type CallOptions, type Fetch, Transport } from './http/transport.js';
import { DataSets } from './jobs/data-sets.js';
import { Jobs } from './jobs/jobs.js';
import type { RemoteImage } from './predict/image-file.js';
import { predict, type RemotePredictOptions, sentImage } from './predict/predict.js';
import { type BatchOptions, type Images, predictAll } from './predict/predict-all.js';
import { RemoteDetector } from './predict/remote-detector.js';
import { Detectors } from './registry/detectors.js';
import type { Feedback, Health } from './types/service.js';

export interface CflowClientOptions {
  /** Where the service is; in a page also relative to it. */
  baseUrl: string | URL;
  /** Sent as `Authorization: Bearer`. Left out where the service wants none. */
  apiKey?: string | undefined;
  /** Instead of the global one. */
  fetch?: Fetch | undefined;
  /** Milliseconds of one attempt, 0: any. Default 60 000; an hour for uploads and downloads. */
  timeout?: number | undefined;
  /** Attempts after the first, of calls that may be made again. Default 2. */
  maxRetries?: number | undefined;
}

/** Which detectors see each image: `name` or `name@reference`, 16 at most. */
export interface SeveralDetectors {
  detectors: readonly string[];
}

/** What a part really was. */
export interface FeedbackInput {
  label: 'good' | 'bad';
  note?: string | undefined;
}

/** A service: its detectors, and its training jobs. */
export class CflowClient {
  /** The registry: detectors, versions, aliases, files, feedback, drift. */
  declare readonly detectors: Detectors;
  /** Training jobs. */
  declare readonly jobs: Jobs;
  /** Archives that are kept for jobs. */
  declare readonly dataSets: DataSets;
  readonly #transport: Transport;

  /** @throws ArgumentError when the address or the key cannot be used */
  constructor({ baseUrl, apiKey, fetch: own, timeout = 60_000, maxRetries = 2 }: CflowClientOptions) {
    // Not shown in a message: it could end up in a log.
    if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
      throw new ArgumentError('apiKey: expected visible ASCII characters');
    }
    this.#transport = new Transport({
      baseUrl: addressOf(baseUrl),
      apiKey,
      // Called as itself: browsers refuse theirs on another object.
      fetch: own ?? ((url, init) => fetch(url, init)),
      timeout,
      maxRetries,
    });
    this.detectors = new Detectors(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.dataSets = new DataSets(this.#transport);
  }

  /** One detector: `name`, or `name@reference` for an alias, a version or its first 8 digits. Asks nothing yet. */
  detector(reference: string): RemoteDetector {
    return new RemoteDetector(this.#transport, reference);
  }

  /** Scores an image with several detectors in one request: a prediction of each, in their order. */
  predict<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    image: RemoteImage,
    { detectors, ...options }: SeveralDetectors & RemotePredictOptions<M, O, R>,
  ): ApiPromise<Prediction<M, O, R>[]> {
    const file = sentImage(image, this.#transport, options).then((each) => [each]);
    return predict(this.#transport, detectors, file, options as RemotePredictOptions).map(
      ([only]) => only as Prediction<M, O, R>[],
    );
  }

  /** Scores any number of images with several detectors: for each image, in order, a prediction of each. */
  predictAll<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    images: Images,
    { detectors, ...options }: SeveralDetectors & BatchOptions<M, O, R>,
  ): AsyncGenerator<Prediction<M, O, R>[], void, undefined> {
    return predictAll(this.#transport, detectors, images, options as BatchOptions) as never;
  }

  /** Says what a part really was. `prediction` is the `id` of a prediction. */
  feedback(prediction: string, feedback: FeedbackInput, options: CallOptions = {}): ApiPromise<Feedback> {
    return this.#transport.json({
      method: 'POST',
      path: ['v1', 'predictions', prediction, 'feedback'],
      json: feedback,
      ...options,
    });
  }

  /** Whether the service answers at all. Asked once. */
  alive(options: CallOptions = {}): ApiPromise<Health> {
    return this.#transport.json({ path: ['livez'], maxRetries: 0, ...options });
  }

  /** Whether the service is ready to predict. Asked once; rejects with ServerError (503) while it is not. */
  ready(options: CallOptions = {}): ApiPromise<Health> {
    return this.#transport.json({ path: ['readyz'], maxRetries: 0, ...options });
  }
}

function addressOf(baseUrl: string | URL): URL {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  const url = URL.canParse(baseUrl, page) && new URL(baseUrl, page);
  // A key belongs into `apiKey`: an address is shown.
  if (!url || !/^https?:\/\/[^@?#]*$/.test(url.href)) {
    throw new ArgumentError('baseUrl: expected http(s)://host/path, without user, query or fragment');
  }
  return url;
}
