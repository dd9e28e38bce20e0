import { crc32 } from './crc32.js';
import { readOrientation } from './tiff-header.js';

/** What a PNG says of itself before its pixels, checked. */
export interface PngHeader {
  width: number;
  height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  depth: number;
  kind: 'gray' | 'rgb' | 'palette' | 'gray-alpha' | 'rgb-alpha';
  interlaced: boolean;
}

export interface PngChunks extends PngHeader {
  /** RGB of 256 indices; black where the file has no entry. Empty unless `kind` is `palette`. */
  palette: Uint8Array;
  /** Alpha of 256 indices; empty where no index has one. */
  paletteAlpha: Uint8Array;
  /** Its alpha is what is painted, in place of its colors. */
  paintsAlpha?: boolean;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** The compressed pixels, as views on the file. */
  data: Uint8Array[];
}

const KINDS = {
  0: { kind: 'gray', depths: [1, 2, 4, 8, 16] },
  2: { kind: 'rgb', depths: [8, 16] },
  3: { kind: 'palette', depths: [1, 2, 4, 8] },
  4: { kind: 'gray-alpha', depths: [8, 16] },
  6: { kind: 'rgb-alpha', depths: [8, 16] },
} as const satisfies Record<number, { kind: PngHeader['kind']; depths: readonly number[] }>;

const SIGNATURE_LENGTH = 8;
/** Chunks whose damage means damaged pixels; others are for people and programs that this decoder is not. */
const CHECKED: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'IDAT']);

/** The size, which is all that the first chunk is asked for before limits are checked. Throws a plain Error. */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const chunk = readChunk(bytes, SIGNATURE_LENGTH);
  if (chunk.type !== 'IHDR' || chunk.content.length !== 13) throw new Error('does not begin with a header');
  const view = new DataView(chunk.content.buffer, chunk.content.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width === 0 || height === 0 || width > 0x7fffffff || height > 0x7fffffff) {
    throw new Error(`its header says ${width}x${height} pixels`);
  }
  const [depth, color, compression, filter, interlace] = chunk.content.subarray(8) as unknown as number[];
  const found = KINDS[color as keyof typeof KINDS];
  if (!found || !(found.depths as readonly number[]).includes(depth!)) {
    throw new Error(`its header says ${depth} bits of color type ${color}, which do not exist`);
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw new Error(`its header says compression ${compression}, filter ${filter}, interlace ${interlace}`);
  }
  return { width, height, depth: depth!, kind: found.kind, interlaced: interlace === 1 };
}

/** All chunks that say something about the pixels. Compressed texts and profiles are not even inflated. */
export function readPngChunks(bytes: Uint8Array): PngChunks {
  const header = readPngHeader(bytes);
  const none = new Uint8Array(0);
  const chunks: PngChunks = { ...header, palette: none, paletteAlpha: none, orientation: 1, data: [] };
  let at = SIGNATURE_LENGTH + 25;
  for (;;) {
    // Like other decoders: pixels that are all there count, even where the file then ends without an end.
    if (at + 12 > bytes.length && chunks.data.length > 0) break;
    const { type, content, next } = readChunk(bytes, at);
    at = next;
    if (type === 'IEND') break;
    if (type === 'IDAT') chunks.data.push(content);
    else if (type === 'PLTE' && header.kind === 'palette') chunks.palette = paletteOf(content);
    else if (type === 'tRNS' && header.kind === 'palette') chunks.paletteAlpha = alphaOf(content);
    else if (type === 'eXIf' && chunks.data.length === 0) chunks.orientation = readOrientation(content);
    else if (isCritical(type) && !CHECKED.has(type) && chunks.data.length === 0) {
      throw new Error(`has the unknown chunk ${type}`);
    }
  }
  if (header.kind === 'palette' && chunks.palette.length === 0) throw new Error('has no palette');
  if (chunks.data.length === 0) throw new Error('has no pixels');
  return chunks;
}

function readChunk(bytes: Uint8Array, at: number): { type: string; content: Uint8Array; next: number } {
  if (at + 12 > bytes.length) throw new Error(`ends at byte ${bytes.length}, within its chunks`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(at);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  const next = at + 12 + length;
  if (next > bytes.length) throw new Error(`ends at byte ${bytes.length}, within the chunk ${type}`);
  if (CHECKED.has(type) && crc32(bytes.subarray(at + 4, next - 4)) !== view.getUint32(next - 4)) {
    throw new Error(`the checksum of its chunk ${type} is wrong`);
  }
  return { type, content: bytes.subarray(at + 8, next - 4), next };
}

/** The case of the first letter says whether a decoder may pass a chunk by. */
function isCritical(type: string): boolean {
  return type >= 'A' && type < 'a';
}

function alphaOf(content: Uint8Array): Uint8Array {
  const alpha = new Uint8Array(256).fill(255);
  alpha.set(content.subarray(0, 256));
  return alpha;
}

function paletteOf(content: Uint8Array): Uint8Array {
  if (content.length === 0 || content.length % 3 !== 0 || content.length > 768) {
    throw new Error(`has a palette of ${content.length} bytes`);
  }
  const palette = new Uint8Array(768);
  palette.set(content);
  return palette;
}
