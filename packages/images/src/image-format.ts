/** Formats that are decoded. */
export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'tiff' | 'gif' | 'avif' | 'bmp' | 'pnm';

/** What the first bytes of a file say: a format that is decoded, or the name of one that is not. */
export type SniffedFormat = { format: ImageFormat } | { unsupported: string };

/** Formats that are decoded, for messages. */
export const IMAGE_FORMATS = 'PNG, JPEG, WebP, TIFF, GIF, AVIF, BMP or PNM';

const AVIF_BRANDS = new Set(['avif', 'avis']);
const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
/** Of any codec; the compatible brands, which follow, say which. */
const GENERAL_BRANDS = new Set(['mif1', 'msf1', 'miaf', 'mif2']);
const MOST_BRANDS = 16;

/**
 * The format of an image by its first bytes; a name ending in `.png` says nothing. Undefined when they are not
 * those of any image known. Nothing reaches a decoder whose format was not recognized here, so that a decoder
 * with a large surface (SVG, PDF) is never chosen by a stranger's file.
 */
export function sniffFormat(bytes: Uint8Array): SniffedFormat | undefined {
  const text = (from: number, length: number): string =>
    String.fromCharCode(...bytes.subarray(from, from + length));
  const start = text(0, 4);
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return { format: 'png' };
  if (start.startsWith('\xff\xd8\xff')) return { format: 'jpeg' };
  if (start === 'RIFF' && text(8, 4) === 'WEBP') return { format: 'webp' };
  if (start === 'II*\0' || start === 'MM\0*' || start === 'II+\0' || start === 'MM\0+')
    return { format: 'tiff' };
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return { format: 'gif' };
  if (text(4, 4) === 'ftyp') {
    const brands = Array.from({ length: MOST_BRANDS }, (_, i) => text(i === 0 ? 8 : 12 + i * 4, 4));
    const [brand = ''] = brands;
    const named = GENERAL_BRANDS.has(brand) ? brands.slice(1) : [brand];
    if (named.some((each) => AVIF_BRANDS.has(each))) return { format: 'avif' };
    if (named.some((each) => HEIC_BRANDS.has(each))) return { unsupported: 'HEIC (save as JPEG or PNG)' };
    if (GENERAL_BRANDS.has(brand)) return { format: 'avif' };
    return { unsupported: `${brand} (HEIF or video)` };
  }
  if (/^P[1-6][\s#]/.test(start)) return { format: 'pnm' };
  // Two letters are a weak sign: ask for one of the header sizes that exist too.
  if (start.startsWith('BM') && bytes.length > 18 && bytes[15] === 0 && bytes[14]! >= 12)
    return { format: 'bmp' };
  if (text(0, 12) === '\0\0\0\x0cjP  \r\n\x87\n') return { unsupported: 'JPEG 2000' };
  if (start.startsWith('\xff\x0a') || text(0, 8) === '\0\0\0\x0cJXL ') return { unsupported: 'JPEG XL' };
  if (/^P7\s/.test(text(0, 3))) return { unsupported: 'PAM (save as PNG)' };
  if (/^P[Ff]\s/.test(text(0, 3))) return { unsupported: 'PFM, of floating point (save as PNG of 16 bits)' };
  if (start === '\x76\x2f\x31\x01') return { unsupported: 'OpenEXR' };
  if (text(0, 6) === 'SIMPLE') return { unsupported: 'FITS' };
  if (text(128, 4) === 'DICM') return { unsupported: 'DICOM' };
  if (start === '8BPS') return { unsupported: 'Photoshop' };
  if (start === '%PDF') return { unsupported: 'PDF' };
  if (/^(\xef\xbb\xbf)?\s*<(\?xml|svg|!DOCTYPE svg)/i.test(text(0, 64))) return { unsupported: 'SVG' };
  return undefined;
}
