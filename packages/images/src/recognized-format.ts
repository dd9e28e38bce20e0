import { checkLength, type ImageSource, imageError } from './image-error.js';
import { IMAGE_FORMATS, type ImageFormat, sniffFormat } from './image-format.js';

/**
 * The format of an image that can be decoded, by its first bytes: no more of it is read, so that what is no image costs nothing.
 * @param source what messages name; default: the bytes
 * @throws ImageError `empty`, `not-an-image`, or `unsupported` where it is one that is not decoded
 */
export function recognizedFormat(bytes: Uint8Array, source: ImageSource = bytes): ImageFormat {
  checkLength(source, bytes.byteLength, Number.POSITIVE_INFINITY);
  const sniffed = sniffFormat(bytes);
  if (sniffed === undefined) {
    throw imageError(source, 'not-an-image', `is not an image, expected ${IMAGE_FORMATS}`);
  }
  if ('unsupported' in sniffed) {
    const message = `is ${sniffed.unsupported}, which is not supported; expected ${IMAGE_FORMATS}`;
    throw imageError(source, 'unsupported', message);
  }
  return sniffed.format;
}
