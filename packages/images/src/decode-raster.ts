import { CflowError } from '@cflow/spec';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { checkPngTexts } from './check-png-texts.js';
import { decodeBmp } from './decode-bmp.js';
import { decodePnm } from './decode-pnm.js';
import { checkPixelCount, type ImageFailure, type ImageSource, imageError } from './image-error.js';
import type { ImageFormat } from './image-format.js';
import { DEFAULT_IMAGE_LIMITS, decodedBytes, type ImageLimits } from './image-limits.js';
import { readSource } from './read-source.js';
import { recognizedFormat } from './recognized-format.js';
import { unsupportedKind } from './unsupported-kind.js';

/** Decoded samples as stored: upright, without alpha, no color converted. */
export type Raster = RasterOf<Uint8Array | Uint16Array>;
/** Where a range says what they mean, of floating point too. */
export type AnyRaster = RasterOf<Uint8Array | Uint16Array | Float32Array>;

interface RasterOf<Samples> {
  format: ImageFormat;
  width: number;
  height: number;
  /** `cmyk` is 0 = no ink. */
  space: 'gray' | 'rgb' | 'cmyk';
  /** 1, 3 or 4 by `space`. 16-bit samples keep all 16 bits. */
  data: Samples;
  /** One sample to a pixel, where alpha was asked for and there is one. */
  alpha?: Uint8Array | Uint16Array;
}

/** What of the samples is wanted. */
interface Wanted {
  alpha?: boolean;
  /** Samples as they are, for a range: of floating point too, and those of a PNM not spread to full scale. */
  ranged?: boolean;
}

/**
 * Decodes the first picture of an image file with all the bits it has.
 *
 * @throws ImageError as `decodeImage`.
 */
export async function decodeRaster(
  source: ImageSource,
  limits: ImageLimits = {},
  wantsAlpha = false,
): Promise<Raster> {
  return (await decodeSamples(source, limits, { alpha: wantsAlpha })) as Raster;
}

/** As `decodeRaster`; with `ranged` also samples of floating point and of 32 bits, as float32. */
export async function decodeSamples(
  source: ImageSource,
  limits: ImageLimits,
  wanted: Wanted,
): Promise<AnyRaster> {
  const { admit } = limits;
  const { pixels, bytes: byteLimit } = { ...DEFAULT_IMAGE_LIMITS, ...limits };
  const bytes = await readSource(source, byteLimit);
  const format = recognizedFormat(bytes, source);
  if (format === 'bmp')
    return { format, space: 'rgb', ...withSource(source, () => decodeBmp(bytes, { pixels, admit })) };
  if (format === 'pnm') {
    const spread = !wanted.ranged;
    return { format, ...withSource(source, () => decodePnm(bytes, { pixels, admit, spread })) };
  }
  if (format === 'png') checkPngTexts(source, bytes);
  // Errors abort, warnings do not: Pillow, too, reads a file with, say, a stray byte between two segments.
  const options: SharpOptions = { failOn: 'error', ignoreIcc: true, limitInputPixels: pixels };
  try {
    // Loaded on first use, as its native library takes a while: callers that pass decoded pixels never need it.
    const { default: sharp } = await import('sharp');
    const header = await sharp(bytes, { ...options, limitInputPixels: false }).metadata();
    checkPixelCount(source, header.width, header.height, pixels);
    const bytesEach = header.depth === 'uchar' ? 1 : header.depth === 'ushort' ? 2 : 4;
    admit?.(decodedBytes(header.width * header.height, header.channels, bytesEach));
    return { format, ...(await decode(source, sharp(bytes, options), header, wanted)) };
  } catch (error) {
    if (CflowError.isInstance(error)) throw error;
    throw decoderError(source, bytes, format, error);
  }
}

/** Errors of our own decoders, which do not know what the image is called. */
function withSource<T>(source: ImageSource, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!CflowError.isInstance(error) || error.code !== 'image') throw error;
    const reason = error.details.reason as ImageFailure;
    throw imageError(source, reason, error.message, { details: { ...error.details }, cause: error });
  }
}

/** Whose samples float32 can hold, nearly. */
const DEEPER: ReadonlySet<string> = new Set(['float', 'double', 'int', 'uint']);

async function decode(
  source: ImageSource,
  image: Sharp,
  header: Metadata,
  { alpha: wantsAlpha = false, ranged = false }: Wanted,
): Promise<Omit<AnyRaster, 'format'>> {
  const { depth = 'uchar' } = header;
  const deepest = DEEPER.has(depth);
  // libvips reads them as zeros.
  if (deepest && (header.space === 'grey16' || header.space === 'rgb16')) {
    throw imageError(
      source,
      'unsupported',
      'has floating-point samples of 16 bits, which is not supported; save it as TIFF of 32 bits to a sample',
    );
  }
  if (depth !== 'uchar' && depth !== 'ushort' && !(deepest && ranged)) {
    const hint = deepest ? ', or a detector trained with a range (--range low:high)' : '';
    throw imageError(
      source,
      'unsupported',
      `has samples of type ${depth}, expected 8 or 16 bits without a sign${hint}`,
    );
  }
  const deep = depth === 'ushort';
  // Working in the space the samples are stored in is what keeps the decoder from converting them.
  const hasAlpha = wantsAlpha && header.hasAlpha === true;
  const stored = deepest ? deepestSpace(source, header) : storedSpace(source, header, deep);
  // Raw output drops the alpha of 8-bit gray alone; as RGB, three equal channels, it stays.
  const space = hasAlpha && stored === 'b-w' ? 'srgb' : stored;
  const upright = image.autoOrient();
  const { data, info } = await (hasAlpha ? upright : upright.removeAlpha())
    .pipelineColourspace(space)
    .toColourspace(space)
    .raw({ depth: deepest ? 'float' : depth })
    .toBuffer({ resolveWithObject: true });
  const kindOf = (channels: number): AnyRaster['space'] =>
    channels === 1 ? 'gray' : channels === 3 ? 'rgb' : 'cmyk';
  if (deepest) {
    const floats = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
    return { width: info.width, height: info.height, space: kindOf(info.channels), data: floats };
  }
  const samples = deep
    ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const channels = info.channels - (hasAlpha ? 1 : 0);
  const size = { width: info.width, height: info.height, space: kindOf(channels) } as const;
  return hasAlpha ? { ...size, ...splitAlpha(samples, info.channels) } : { ...size, data: samples };
}

function splitAlpha(
  samples: Uint8Array | Uint16Array,
  channels: number,
): { data: Uint8Array | Uint16Array; alpha: Uint8Array | Uint16Array } {
  const pixels = samples.length / channels;
  const array = (length: number) =>
    samples instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
  const [data, alpha] = [array(pixels * (channels - 1)), array(pixels)];
  for (let i = 0, from = 0, to = 0; i < pixels; i++) {
    for (let channel = 1; channel < channels; channel++) data[to++] = samples[from++]!;
    alpha[i] = samples[from++]!;
  }
  return { data, alpha };
}

function storedSpace(source: ImageSource, { space }: Metadata, deep: boolean): string {
  if (space === 'b-w' || space === 'grey16') return deep ? 'grey16' : 'b-w';
  if (space === 'srgb' || space === 'rgb' || space === 'rgb16') return deep ? 'rgb16' : 'srgb';
  if (space === 'cmyk') return 'cmyk';
  throw imageError(source, 'unsupported', `has colors of the kind ${space}, expected gray, RGB or CMYK`);
}

/** Gray, or colors without a transfer function, as libvips takes samples of floating point. */
function deepestSpace(source: ImageSource, { space, channels }: Metadata): string {
  if (space === 'b-w' && channels <= 2) return 'b-w';
  if (space === 'scrgb' || space === 'rgb' || space === 'srgb') return space;
  throw imageError(source, 'unsupported', `has colors of the kind ${space}, expected gray or RGB`);
}

/**
 * Decoders stumble over a missing end in many ways, and libvips collects what they say in one buffer for all
 * threads, so that it may be about another image: their words stay in `cause`, and decide nothing.
 */
function decoderError(source: ImageSource, bytes: Uint8Array, format: ImageFormat, cause: unknown): Error {
  // A kind that the decoder does not know is told by the header alone.
  const kind = unsupportedKind(bytes, format);
  if (kind !== undefined) {
    return imageError(source, 'unsupported', `is ${kind}; save it as PNG, or as TIFF of 8 or 16 bits`, {
      cause,
    });
  }
  return imageError(
    source,
    'damaged',
    `this ${format.toUpperCase()} is truncated or damaged, and cannot be decoded`,
    { cause },
  );
}
