import { ImageError } from '@cflow/spec';

/** An image in a file, or the bytes of one. */
export type ImageSource = string | Uint8Array;

/** Why an image was refused: `details.reason` of its ImageError. */
export type ImageFailure =
  | 'missing'
  | 'not-a-file'
  | 'permission'
  | 'unreadable'
  | 'empty'
  | 'too-large'
  | 'too-many-pixels'
  | 'not-an-image'
  | 'unsupported'
  | 'damaged'
  /** Samples that do not fit the range that was asked for. */
  | 'out-of-range'
  /** A mask that marks nothing, or is of another shape than its image. */
  | 'unusable-mask';

/** The name of an image in messages. */
export function sourceName(source: ImageSource): string {
  return typeof source === 'string' ? source : `the image of ${source.byteLength} bytes`;
}

/** An ImageError that names the image and says why. */
export function imageError(
  source: ImageSource,
  reason: ImageFailure,
  message: string,
  rest: { details?: Record<string, unknown>; cause?: unknown } = {},
): ImageError {
  const name = sourceName(source);
  return new ImageError(`${name}: ${message}`, {
    details: { ...rest.details, source: name, reason },
    ...(rest.cause === undefined ? {} : { cause: rest.cause }),
  });
}

/** Throws an ImageError when there are no bytes, or more than `limit`. */
export function checkLength(source: ImageSource, length: number, limit: number): void {
  if (length === 0) throw imageError(source, 'empty', 'is empty, 0 bytes');
  if (length > limit) {
    throw imageError(source, 'too-large', `has ${length} bytes, the limit is ${limit}`, {
      details: { length, limit },
    });
  }
}

/** Throws an ImageError when a header declares more than `limit` pixels. */
export function checkPixelCount(source: ImageSource, width: number, height: number, limit: number): void {
  if (width * height <= limit) return;
  throw imageError(
    source,
    'too-many-pixels',
    `declares ${width}x${height} = ${width * height} pixels, the limit is ${limit}; --max-megapixels of a command raises it, CFLOW_MAX_MEGAPIXELS that of a service`,
    { details: { width, height, limit } },
  );
}
