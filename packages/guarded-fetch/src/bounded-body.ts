import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { UrlError } from './url-error.js';

// A server that answers compressed although it was asked not to, such as object storage that has the file like that.
const DECODERS = new Map<string, () => NodeJS.ReadWriteStream & Readable>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * The content of an answer, decompressed, in pieces.
 *
 * @param encoding The header Content-Encoding.
 * @param maxBytes Of the content after decompression: a small answer that unpacks to a large file is as refused as a
 *   large answer.
 * @param subject What it is, for messages.
 */
export async function* boundedBody(
  body: Readable,
  encoding: string | undefined,
  maxBytes: number,
  subject: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  const decoder = DECODERS.get(name);
  if (!decoder && name !== 'identity' && name !== '') {
    throw new UrlError(
      `${subject} came in an encoding that is not supported: expected gzip, deflate, br or none`,
    );
  }
  const content = decoder ? pipeline(body, decoder(), () => {}) : body;
  let total = 0;
  for await (const chunk of content as AsyncIterable<Uint8Array>) {
    total += chunk.byteLength;
    if (total > maxBytes) throw tooLarge(subject, maxBytes);
    yield chunk;
  }
}

export function tooLarge(subject: string, maxBytes: number): UrlError {
  return new UrlError(`${subject} is larger than the ${maxBytes} bytes that are allowed`, {
    details: { maxBytes },
  });
}
