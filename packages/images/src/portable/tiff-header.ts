// The directory that TIFF files begin with, and EXIF data too.
const WIDTH = 256;
const HEIGHT = 257;
const ORIENTATION = 274;
const SHORT = 3;
const LONG = 4;

/** The numbers in the first directory, by tag. Empty when there is none. */
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
    if (view.getUint32(entry + 4, little) !== 1) continue;
    const tag = view.getUint16(entry, little);
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
