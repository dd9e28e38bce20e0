import type { Asked, Prediction } from '../../detector.js';
import { ArgumentError } from '../../errors.js';
import type { Transport } from '../http/transport.js';
import type { RemoteImage } from './image-file.js';
import { predict, type RemotePredictOptions, type SentImage, sentImage } from './predict.js';

/** Images of one request at most: the service's own limit. */
export const MAX_IMAGES_PER_REQUEST = 64;
/** Bytes of one request at most, unless one image alone has more. Half of what a service takes by default. */
const MOST_BYTES = 2 ** 25;

export interface BatchOptions<M extends Asked = Asked, O extends Asked = Asked, R extends Asked = Asked>
  extends RemotePredictOptions<M, O, R> {
  /** Images of one request at most, 1 to 64. Default 16. */
  imagesPerRequest?: number | undefined;
  /** Requests at a time. Default 2: with the above, half of what a service lets wait by default. */
  concurrency?: number | undefined;
}

/** Images in any number: a list, or something that yields them one by one. */
export type Images = Iterable<RemoteImage> | AsyncIterable<RemoteImage>;

/**
 * Scores any number of images, some in each request and some requests at a time, and yields the predictions of each
 * image in order, as they come. Images are taken as they are needed, so that they need not all fit in memory.
 */
export async function* predictAll(
  transport: Transport,
  detectors: readonly string[],
  images: Images,
  { imagesPerRequest = 16, concurrency = 2, signal, ...options }: BatchOptions,
): AsyncGenerator<Prediction[], void, undefined> {
  if (!(imagesPerRequest >= 1 && imagesPerRequest <= MAX_IMAGES_PER_REQUEST)) {
    throw new ArgumentError(`expected imagesPerRequest from 1 to ${MAX_IMAGES_PER_REQUEST}`);
  }
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const call = { ...options, signal: stop.signal };
  const running: Promise<Prediction[][]>[] = [];
  try {
    // Read once: a stream has its bytes only one time.
    if (call.ignore) call.ignore = await sentImage(call.ignore, transport, call);
    for await (const group of groups(images, imagesPerRequest, (image) =>
      sentImage(image, transport, call),
    )) {
      const answer = predict(transport, detectors, Promise.resolve(group), call).then((found) => found);
      // It is heard of when its turn comes.
      answer.catch(() => {});
      running.push(answer);
      if (!(running.length < concurrency)) yield* await (running.shift() as Promise<Prediction[][]>);
    }
    for (const answer of running) yield* await answer;
  } finally {
    // A caller that stops listening does not want the rest.
    stop.abort();
    signal?.removeEventListener('abort', abort);
  }
}

async function* groups(
  images: Images,
  most: number,
  read: (image: RemoteImage) => Promise<SentImage>,
): AsyncGenerator<SentImage[]> {
  let group: SentImage[] = [];
  let bytes = 0;
  for await (const image of images) {
    const sent = await read(image);
    const size = sent instanceof Blob ? sent.size : 0;
    if (group.length === most || (group.length > 0 && bytes + size > MOST_BYTES)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(sent);
    bytes += size;
  }
  if (group.length > 0) yield group;
}
