import type { Asked, Prediction } from '../detector.js';
import type { ApiPromise } from './http/api-promise.js';
import type { CallOptions, Transport } from './http/transport.js';
import { type CflowClientOptions, transportOf } from './http/transport-of.js';
import { DataSets } from './jobs/data-sets.js';
import { Jobs } from './jobs/jobs.js';
import type { RemoteImage } from './predict/image-file.js';
import { predict, type RemotePredictOptions, sentImage } from './predict/predict.js';
import { type BatchOptions, type Images, predictAll } from './predict/predict-all.js';
import { RemoteDetector } from './predict/remote-detector.js';
import { Detectors } from './registry/detectors.js';
import type { DrawnRegions, Feedback, FeedbackLabel, Health } from './types/service.js';

/** Which detectors see each image: `name` or `name@reference`, 16 at most. */
export interface SeveralDetectors {
  detectors: readonly string[];
}

/** What a part really was. */
export interface FeedbackInput {
  label: FeedbackLabel;
  note?: string | undefined;
  /** Where it is bad. */
  regions?: DrawnRegions | undefined;
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
  constructor(options: CflowClientOptions) {
    this.#transport = transportOf(options);
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
