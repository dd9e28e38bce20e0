import type { ImageFormat } from './image-format.js';
import { tiffKind } from './portable/tiff-header.js';

const COMPRESSIONS: ReadonlyMap<number, string> = new Map([
  [34925, 'LZMA'],
  [34887, 'LERC'],
  [50000, 'Zstandard'],
  [50001, 'WebP'],
  [50002, 'JPEG XL'],
  [34712, 'JPEG 2000'],
  [33003, 'JPEG 2000'],
  [33005, 'JPEG 2000'],
  [34661, 'JBIG'],
  [32908, 'Pixar film'],
  [34715, 'JBIG2'],
  [6, 'the JPEG of TIFF 6, which was withdrawn'],
  [34934, 'JPEG XR'],
  [22610, 'JPEG XR'],
  [34676, 'SGI LogLuv'],
  [34677, 'SGI LogLuv'],
  [32766, 'NeXT RLE'],
  [32809, 'ThunderScan'],
  [34718, 'Microsoft Document Imaging'],
]);
const COLORS: ReadonlyMap<number, string> = new Map([
  [8, 'CIE Lab'],
  [9, 'ICC Lab'],
  [10, 'ITU Lab'],
  [32803, 'raw sensor (CFA)'],
  [34892, 'linear raw'],
  [32844, 'LogL'],
  [32845, 'LogLuv'],
]);
const SEPARATE_PLANES = 2;
/** Ink of four colors, and alpha. */
const MOST_CHANNELS = 5;

/**
 * What makes a whole file one that the decoder does not know, by its header, for the end of "is ...": asked only after the
 * decoder has failed. Undefined where the header is of a kind that it knows, so that the file must be damaged.
 */
export function unsupportedKind(bytes: Uint8Array, format: ImageFormat): string | undefined {
  if (format === 'avif') {
    const brand = String.fromCharCode(...bytes.subarray(8, 12));
    return brand === 'avis' || brand === 'msf1'
      ? 'an AVIF sequence, of which no picture can be read'
      : undefined;
  }
  if (format !== 'tiff') return undefined;
  const kind = tiffKind(bytes);
  if (!kind) return undefined;
  const compression = COMPRESSIONS.get(kind.compression);
  if (compression !== undefined) return `a TIFF compressed with ${compression}, which is not supported`;
  const color = COLORS.get(kind.photometric);
  if (color !== undefined) return `a TIFF with ${color} colors, which are not supported`;
  if (![1, 2, 4, 8, 16].includes(kind.bits))
    return `a TIFF of ${kind.bits} bits to a sample, which is not supported`;
  if (kind.channels > MOST_CHANNELS) return `a TIFF of ${kind.channels} channels, which is not supported`;
  if (kind.planar === SEPARATE_PLANES && kind.tiled)
    return 'a TIFF of tiles in separate planes, which is not supported';
  return undefined;
}
