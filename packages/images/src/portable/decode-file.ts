import { CflowError, type ImageError, type RgbImage } from '@cflow/spec';
import { checkRgbImage } from '../check-image.js';
import { checkPngTexts } from '../check-png-texts.js';
import { checkLength, checkPixelCount, imageError } from '../image-error.js';
import type { ImageFormat } from '../image-format.js';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from '../image-limits.js';
import { recognizedFormat } from '../recognized-format.js';
import { type RangeOptions, rangeWarnings, SampleScale } from '../sample-scale.js';
import { decodePngWithAlpha } from './decode-png.js';
import { type JpegHeader, readJpegHeader } from './jpeg-header.js';
import { type JpegDecoder, JpegDecoderMissing } from './moz-jpeg.js';
import { otherSize } from './other-size.js';
import { readPngChunks, readPngHeader } from './png-chunks.js';
import type { SampleToByte } from './png-rows.js';
import { upright } from './upright.js';

export interface DecodePortableOptions extends RangeOptions {
  limits?: ImageLimits;
  /** Decodes JPEG: `mozJpegDecoder(wasm)`. Without it a JPEG goes to `decodeOther`. */
  decodeJpeg?: JpegDecoder;
  /**
   * Decodes, upright, what this package cannot decode everywhere: WebP, GIF, AVIF, TIFF, and JPEG of other kinds
   * than gray and color of 8 bits. A browser's own decoder, say. Pixels may then differ from one host to another.
   */
  decodeOther?(bytes: Uint8Array, mime: string): Promise<RgbImage>;
}

/** Decodes what is read byte by byte, see `decodePlain`. */
export type PlainDecoder = (
  bytes: Uint8Array,
  format: 'bmp' | 'pnm',
  limits: typeof DEFAULT_IMAGE_LIMITS & ImageLimits & Pick<RangeOptions, 'range'>,
  toByte?: SampleToByte,
) => RgbImage | Promise<RgbImage>;

/** As `DecodePortableOptions`, for hosts that load what is seldom needed when it is. */
export interface DecodeFileOptions extends DecodePortableOptions {
  decodePlain: PlainDecoder;
}

const MIME: Readonly<Record<ImageFormat, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  tiff: 'image/tiff',
  gif: 'image/gif',
  avif: 'image/avif',
  bmp: 'image/bmp',
  pnm: 'image/x-portable-anymap',
};

const TIFF_OF_RANGE =
  'is TIFF, whose samples cannot be scaled to the range of this detector here; save it as PNG of 16 bits';

/** As many as libvips reads: scans cost time, and a small file can hold thousands. */
const MOST_SCANS = 100;

/** As `decodeImagePortable`, with the decoder of the plain formats that is given. */
export async function decodeImageWith(bytes: Uint8Array, options: DecodeFileOptions): Promise<RgbImage> {
  const { range } = options;
  if (!range) return (await decodeFile(bytes, options)).image;
  const scale = new SampleScale(range);
  const { image } = await decodeFile(bytes, options, (high, low) => scale.byteOf16((high << 8) | low));
  return { ...image, ...rangeWarnings(bytes, scale, options) };
}

/** What a file held. */
export interface DecodedFile {
  format: ImageFormat;
  image: RgbImage;
  /** Its alpha as gray, of a PNG that has one. */
  alpha?: (() => Promise<RgbImage>) | undefined;
}

/**
 * Also says what the file was.
 * @param toByte What samples of 16 bits become. Default: their 8 bits, rounded.
 */
export async function decodeFile(
  bytes: Uint8Array,
  options: DecodeFileOptions,
  toByte?: SampleToByte,
): Promise<DecodedFile> {
  const limits = { ...DEFAULT_IMAGE_LIMITS, ...options.limits };
  checkLength(bytes, bytes.byteLength, limits.bytes);
  const format = recognizedFormat(bytes);
  try {
    switch (format) {
      case 'bmp':
      case 'pnm': {
        const { range } = options;
        return { format, image: await options.decodePlain(bytes, format, { ...limits, range }, toByte) };
      }
      case 'png': {
        const { width, height } = readPngHeader(bytes);
        checkPixelCount(bytes, width, height, limits.pixels);
        checkPngTexts(bytes, bytes);
        return { format, ...(await decodePngWithAlpha(readPngChunks(bytes), toByte)) };
      }
      case 'jpeg':
        return { format, image: await jpeg(bytes, limits.pixels, options) };
      case 'tiff':
        if (options.range) throw imageError(bytes, 'unsupported', TIFF_OF_RANGE);
        return { format, image: await other(bytes, format, limits.pixels, options) };
      default:
        return { format, image: await other(bytes, format, limits.pixels, options) };
    }
  } catch (error) {
    if (CflowError.isInstance(error)) throw error;
    throw damaged(bytes, format, error);
  }
}

async function jpeg(bytes: Uint8Array, limit: number, options: DecodePortableOptions): Promise<RgbImage> {
  const header = readJpegHeader(bytes);
  const { width, height, orientation, scans, ended } = header;
  checkPixelCount(bytes, width, height, limit);
  if (scans > MOST_SCANS) throw new Error(`has ${scans} scans, the limit is ${MOST_SCANS}`);
  if (!ended) throw new Error('has no end');
  const kind = unusual(header);
  if (!options.decodeJpeg || kind !== undefined) {
    const missing =
      kind === undefined
        ? 'is a JPEG, and no decoder was given for it (the option decodeJpeg)'
        : `is a JPEG ${kind}, which is not supported here; save it as 8-bit RGB`;
    return host(bytes, 'jpeg', limit, options, missing);
  }
  const image = await options.decodeJpeg(bytes).catch((error: unknown) => {
    if (!(error instanceof JpegDecoderMissing)) throw error;
    throw imageError(bytes, 'unsupported', `the decoder of JPEG could not be had: ${error.message}`, {
      cause: error,
    });
  });
  checkRgbImage(image);
  return upright(image, orientation);
}

/** What makes it a JPEG that the decoder does not know. */
function unusual({ precision, components }: JpegHeader): string | undefined {
  if (precision !== 8) return `with ${precision} bits to a sample`;
  if (components === 4) return 'in CMYK';
  return components === 1 || components === 3 ? undefined : `of ${components} components`;
}

async function other(
  bytes: Uint8Array,
  format: ImageFormat,
  limit: number,
  options: DecodePortableOptions,
): Promise<RgbImage> {
  const size = otherSize(bytes, format);
  if (size === undefined) throw new Error('its header does not say its size');
  checkPixelCount(bytes, size.width, size.height, limit);
  const missing = `is ${format.toUpperCase()}, which is not decoded here; expected PNG, JPEG or BMP`;
  return host(bytes, format, limit, options, missing);
}

/** Leaves it to the host, and does not take its word for the result. */
async function host(
  bytes: Uint8Array,
  format: ImageFormat,
  limit: number,
  { decodeOther }: DecodePortableOptions,
  missing: string,
): Promise<RgbImage> {
  if (!decodeOther) throw imageError(bytes, 'unsupported', missing);
  const image = await decodeOther(bytes, MIME[format]);
  checkRgbImage(image);
  checkPixelCount(bytes, image.width, image.height, limit);
  return image;
}

function damaged(bytes: Uint8Array, format: ImageFormat, cause: unknown): ImageError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return imageError(
    bytes,
    'damaged',
    `this ${format.toUpperCase()} is truncated or damaged, and cannot be decoded${why}`,
    { cause },
  );
}
