import type { Asked, Prediction, PredictOptions } from '../../detector.js';
import { toBase64 } from '../bytes/base64.js';
import { ApiPromise, type WithResponse } from '../http/api-promise.js';
import type { CallOptions, RequestParts, Transport } from '../http/transport.js';
import { type ImageAddress, imageFile, isAddress, type RemoteImage } from './image-file.js';
import { type PredictionOnTheWire, readPredictions } from './wire.js';

/** What one request may ask for. */
export interface RemotePredictOptions<
  M extends Asked = Asked,
  O extends Asked = Asked,
  R extends Asked = Asked,
> extends Omit<PredictOptions<M, O, R>, 'ignore'>,
    CallOptions {
  /** A mask, for all images: pixels that are not black are left out of score and regions. */
  ignore?: RemoteImage | undefined;
}

/** An image as it is sent. */
export type SentImage = Blob | ImageAddress;

/** What an image becomes before it is sent. */
export async function sentImage(
  image: RemoteImage,
  transport: Transport,
  options: CallOptions,
): Promise<SentImage> {
  return isAddress(image) ? { url: image.url } : imageFile(image, transport, options);
}

/** Scores images in one request: for each image one prediction of each detector, in their order. */
export function predict(
  transport: Transport,
  detectors: readonly string[],
  images: Promise<readonly SentImage[]>,
  options: RemotePredictOptions,
): ApiPromise<Prediction[][]> {
  return new ApiPromise(send(transport, detectors, images, options));
}

async function send(
  transport: Transport,
  detectors: readonly string[],
  images: Promise<readonly SentImage[]>,
  options: RemotePredictOptions,
): Promise<WithResponse<Prediction[][]>> {
  const started = performance.now();
  const { ignore, signal, timeout, maxRetries, map, ...rest } = options;
  const sent = await images;
  const mask = ignore && (await sentImage(ignore, transport, options));
  const [only] = detectors;
  const several = detectors.length !== 1;
  // What is undefined is sent neither in an address nor in JSON.
  const wanted = { ...rest, map: map ? 'f32' : undefined };
  const parts: RequestParts = {
    method: 'POST',
    path: several ? ['v1', 'predict'] : ['v1', 'detectors', only as string, 'predict'],
    idempotent: true,
    signal,
    timeout,
    maxRetries,
  };
  const lists = several ? { detectors: detectors.join(',') } : {};
  const body = await bodyOf(sent, mask, wanted, lists);
  const { data, response, requestId } = await transport
    .json<{ predictions?: PredictionOnTheWire[] }>({ ...parts, ...body })
    .withResponse();
  const milliseconds = performance.now() - started;
  return { data: readPredictions(data, sent.length, detectors.length, milliseconds), response, requestId };
}

// One file as it is; several, or one with a mask, as a form; what the service is to fetch, as JSON.
async function bodyOf(
  images: readonly SentImage[],
  mask: SentImage | undefined,
  options: NonNullable<RequestParts['query']>,
  lists: { detectors?: string },
): Promise<Pick<RequestParts, 'body' | 'json' | 'query' | 'headers'>> {
  const query = { ...options, ...lists };
  const [first] = images;
  if (images.length === 1 && !mask && first instanceof Blob) {
    const type = first.type.startsWith('image/') ? first.type : 'application/octet-stream';
    return { body: first, query, headers: { 'content-type': type } };
  }
  if ([...images, mask].some((each) => each && isAddress(each))) {
    const ignore = mask && (await inJson(mask));
    const listed = await Promise.all(images.map(async (each) => ({ ...(await inJson(each)), ignore })));
    return { json: { images: listed, ...options }, query: lists };
  }
  const form = new FormData();
  for (const each of images) form.append('image', each as Blob, 'image');
  if (mask) form.append('ignore', mask as Blob, 'ignore');
  return { body: form, query };
}

async function inJson(image: SentImage): Promise<{ url: string } | { base64: string }> {
  return isAddress(image) ? image : { base64: toBase64(new Uint8Array(await image.arrayBuffer())) };
}
