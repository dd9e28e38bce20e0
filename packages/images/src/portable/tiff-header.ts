// The directory that TIFF files begin with, and EXIF data too.
const WIDTH = 256;
const HEIGHT = 257;
const ORIENTATION = 274;
const SHORT = 3;
const LONG = 4;

/** The numbers in the first directory, by tag; of several (bits of each sample), the first. Empty when there is none. */
function firstDirectory(bytes: Uint8Array): Map<number, number> {
  const numbers = new Map<number, number>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 14) return numbers;
  const mark = view.getUint16(0);
  if (mark !== 0x4949 && mark !== 0x4d4d) return numbers;
  const little = mark === 0x4949;
  if (view.getUint16(2, little) !== 42) return numbers;
  const start = view.getUint32(4, little);
  if (start + 2 > bytes.length) return numbers;
  const count = view.getUint16(start, little);
  for (let i = 0; i < count; i++) {
    const entry = start + 2 + i * 12;
    if (entry + 12 > bytes.length) break;
    const type = view.getUint16(entry + 2, little);
    const tag = view.getUint16(entry, little);
    const values = view.getUint32(entry + 4, little);
    if (values !== 1) {
      // Two short numbers are in the entry itself, more of them where it points to.
      const at = values === 2 ? entry + 8 : view.getUint32(entry + 8, little);
      if (type === SHORT && values > 0 && at + 2 <= bytes.length)
        numbers.set(tag, view.getUint16(at, little));
      continue;
    }
    if (type === SHORT) numbers.set(tag, view.getUint16(entry + 8, little));
    if (type === LONG) numbers.set(tag, view.getUint32(entry + 8, little));
  }
  return numbers;
}

/** EXIF orientation, 1 to 8, of EXIF data that begin with their byte order; 1 when they do not say. */
export function readOrientation(exif: Uint8Array): number {
  const orientation = firstDirectory(exif).get(ORIENTATION) ?? 1;
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/** Size of the first picture of a TIFF; undefined when its directory does not say. */
export function tiffSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const directory = firstDirectory(bytes);
  const [width, height] = [directory.get(WIDTH), directory.get(HEIGHT)];
  return width && height ? { width, height } : undefined;
}

/** What decides whether a decoder knows a TIFF. */
export interface TiffKind {
  compression: number;
  photometric: number;
  /** Of the first sample. */
  bits: number;
  planar: number;
  /** Samples of each pixel. */
  channels: number;
  tiled: boolean;
}

const BITS = 258;
const COMPRESSION = 259;
const PHOTOMETRIC = 262;
const CHANNELS = 277;
const PLANAR = 284;
const TILE_WIDTH = 322;

/** The kind of the first picture of a TIFF; undefined when its directory does not say. */
export function tiffKind(bytes: Uint8Array): TiffKind | undefined {
  const directory = firstDirectory(bytes);
  if (!directory.has(WIDTH)) return undefined;
  return {
    compression: directory.get(COMPRESSION) ?? 1,
    photometric: directory.get(PHOTOMETRIC) ?? 1,
    bits: directory.get(BITS) ?? 1,
    planar: directory.get(PLANAR) ?? 1,
    channels: directory.get(CHANNELS) ?? 1,
    tiled: directory.has(TILE_WIDTH),
  };
}
