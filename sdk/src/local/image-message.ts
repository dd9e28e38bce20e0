import type { ImageInput } from '../detector.js';
import { ArgumentError } from '../errors.js';
import { DownloadError } from './errors.js';
import type { ImageMessage } from './protocol.js';

/** Bytes of a stream or an address at most: what is more is not a photograph. */
const MOST_BYTES = 2 ** 28;

/**
 * An image as it goes to the engine. Nothing is decoded here, and the caller keeps what was given: a picture is copied,
 * a file goes as it is.
 */
export async function imageMessage(image: ImageInput, signal?: AbortSignal): Promise<ImageMessage> {
  if (image instanceof Blob || image instanceof ArrayBuffer || ArrayBuffer.isView(image)) {
    return { file: image };
  }
  if (image instanceof URL) return { file: await fetchImage(image, signal) };
  if (typeof image === 'object' && image !== null) {
    if (typeof ImageBitmap !== 'undefined' && image instanceof ImageBitmap) {
      return { bitmap: await createImageBitmap(image) };
    }
    if ('data' in image && 'width' in image) {
      const { width, height, data } = image;
      return { width, height, data, channels: data.length === width * height * 4 ? 4 : 3 };
    }
    if (image instanceof ReadableStream || Symbol.asyncIterator in image) {
      return { file: await collect(image as AsyncIterable<Uint8Array>) };
    }
  }
  throw new ArgumentError(
    'expected an image as Blob, bytes, URL, stream, ImageBitmap, ImageData or RGB pixels, got ' +
      (image === null ? 'null' : typeof image),
  );
}

/** What goes along without being copied. */
export function transferOf(messages: readonly (ImageMessage | undefined)[]): Transferable[] {
  return messages.flatMap((message) => (message && 'bitmap' in message ? [message.bitmap] : []));
}

/** An image that can be read several times: a stream is read, an address fetched. */
export async function reusableImage(image: ImageInput, signal?: AbortSignal): Promise<ImageInput> {
  if (image instanceof URL) return fetchImage(image, signal);
  if (image instanceof Blob || ArrayBuffer.isView(image) || image instanceof ArrayBuffer) return image;
  if (image instanceof ReadableStream || Symbol.asyncIterator in image) {
    return collect(image as AsyncIterable<Uint8Array>);
  }
  return image;
}

async function fetchImage(url: URL, signal: AbortSignal | undefined): Promise<Blob> {
  const address = url.origin + url.pathname;
  const response = await fetch(url, signal ? { signal } : {}).catch((cause: unknown) => {
    throw new DownloadError(
      `the image ${address} could not be fetched; check the address, and that its server allows this page (CORS)`,
      { url: address, reason: 'network' },
      { retryable: true, cause },
    );
  });
  if (!response.ok) {
    const { status } = response;
    throw new DownloadError(`the image ${address} answered ${status}`, {
      url: address,
      reason: 'http',
      status,
    });
  }
  return response.blob();
}

async function collect(stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const take = (chunk: Uint8Array): void => {
    length += chunk.length;
    if (length > MOST_BYTES) throw new ArgumentError(`expected an image of at most ${MOST_BYTES} bytes`);
    chunks.push(chunk as Uint8Array<ArrayBuffer>);
  };
  if (Symbol.asyncIterator in stream) {
    for await (const chunk of stream) take(chunk);
  } else {
    // Safari's streams cannot be iterated over.
    const reader = (stream as ReadableStream<Uint8Array>).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) take(next.value);
  }
  return new Blob(chunks);
}
