import type { Asked, Detector, ImageInput, Prediction } from '../../detector.js';
import { ArgumentError } from '../../errors.js';
import type { ApiPromise } from '../http/api-promise.js';
import type { Transport } from '../http/transport.js';
import type { RemoteImage } from './image-file.js';
import { predict, type RemotePredictOptions, sentImage } from './predict.js';
import { type BatchOptions, type Images, predictAll } from './predict-all.js';

/** A detector of a service: `name`, or `name@reference` for an alias, a version or its first digits. */
export class RemoteDetector implements Detector {
  declare readonly name: string;
  /** What was asked for: an alias or a version. Each prediction names the version that computed it. */
  declare readonly version: string;
  readonly #transport: Transport;
  readonly #reference: string;
  #disposed = false;

  constructor(transport: Transport, reference: string) {
    const [name = '', version = 'latest'] = reference.split('@');
    if (!name || !version || reference.split('@').length > 2) {
      throw new ArgumentError(`expected name or name@reference, got "${reference}"`);
    }
    this.name = name;
    this.version = version;
    this.#reference = reference;
    this.#transport = transport;
  }

  predict<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    image: RemoteImage,
    options: RemotePredictOptions<M, O, R> = {},
  ): ApiPromise<Prediction<M, O, R>> {
    const file = async () => [await sentImage(image, this.#usable(), options)];
    return predict(this.#transport, [this.#reference], file(), options).map(
      ([only]) => only?.[0] as Prediction<M, O, R>,
    );
  }

  async predictBatch<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    images: readonly RemoteImage[] | readonly ImageInput[],
    options: BatchOptions<M, O, R> = {},
  ): Promise<Prediction<M, O, R>[]> {
    const found: Prediction<M, O, R>[] = [];
    for await (const each of this.predictAll(images, options)) found.push(each);
    return found;
  }

  /** Any number of images, also of an async iterator; predictions come in order, as soon as they are there. */
  async *predictAll<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    images: Images,
    options: BatchOptions<M, O, R> = {},
  ): AsyncGenerator<Prediction<M, O, R>, void, undefined> {
    for await (const [only] of predictAll(this.#usable(), [this.#reference], images, options)) {
      yield only as Prediction<M, O, R>;
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }

  #usable(): Transport {
    if (this.#disposed) throw new ArgumentError(`the detector "${this.#reference}" was disposed of`);
    return this.#transport;
  }
}
