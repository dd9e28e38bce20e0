// From inflated bytes to pixels, a row at a time: of the inflated stream no more than two rows are ever kept.
import type { PngChunks } from './png-chunks.js';

/** Adam7: where the pixels of each pass begin and how far they lie apart. */
const PASSES = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
] as const;
const WHOLE = [{ x: 0, y: 0, dx: 1, dy: 1 }] as const;

const SAMPLES = { gray: 1, rgb: 3, palette: 1, 'gray-alpha': 2, 'rgb-alpha': 4 } as const;

interface Pass {
  x: number;
  y: number;
  dx: number;
  dy: number;
  /** Pixels of a row. */
  width: number;
  rows: number;
  /** Bytes of a row, without the one that names its filter. */
  rowBytes: number;
}

function passesOf({ width, height, depth, kind, interlaced }: PngChunks): Pass[] {
  const bits = depth * SAMPLES[kind];
  return (interlaced ? PASSES : WHOLE).flatMap((pass) => {
    const across = Math.ceil((width - pass.x) / pass.dx);
    const rows = Math.ceil((height - pass.y) / pass.dy);
    if (across <= 0 || rows <= 0) return [];
    return [{ ...pass, width: across, rows, rowBytes: Math.ceil((across * bits) / 8) }];
  });
}

/** Bytes that the pixels inflate to. */
export function inflatedLength(chunks: PngChunks): number {
  return passesOf(chunks).reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
}

/** What a 16-bit sample, by its two bytes, becomes in 8 bits. */
export type SampleToByte = (high: number, low: number) => number;

/** Takes the inflated bytes as they come and paints RGB. */
export class PngRows {
  readonly data: Uint8Array;
  readonly #chunks: PngChunks;
  readonly #toByte: SampleToByte;
  readonly #passes: Pass[];
  /** Bytes from a sample to the same one of the pixel before, at least 1. */
  readonly #distance: number;
  #row: Uint8Array;
  #above: Uint8Array;
  #filled = 0;
  #pass = 0;
  #y = 0;

  /** @param toByte For samples of 16 bits. Default: `round(value / 257)`. */
  constructor(chunks: PngChunks, toByte: SampleToByte = rounded) {
    this.#chunks = chunks;
    this.#toByte = toByte;
    this.#passes = passesOf(chunks);
    this.#distance = Math.max(1, (chunks.depth * SAMPLES[chunks.kind]) >> 3);
    const longest = Math.max(...this.#passes.map(({ rowBytes }) => rowBytes)) + 1;
    this.#row = new Uint8Array(longest);
    this.#above = new Uint8Array(longest);
    this.data = new Uint8Array(chunks.width * chunks.height * 3);
  }

  get complete(): boolean {
    return this.#pass >= this.#passes.length;
  }

  /** Throws a plain Error for a filter that does not exist. Bytes after the last row are left alone. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.complete) {
      const pass = this.#passes[this.#pass]!;
      const take = Math.min(bytes.length - at, pass.rowBytes + 1 - this.#filled);
      this.#row.set(bytes.subarray(at, at + take), this.#filled);
      at += take;
      this.#filled += take;
      if (this.#filled === pass.rowBytes + 1) this.#finishRow(pass);
    }
  }

  #finishRow(pass: Pass): void {
    unfilter(this.#row, this.#above, pass.rowBytes, this.#distance);
    this.#paint(pass);
    [this.#row, this.#above] = [this.#above, this.#row];
    this.#filled = 0;
    this.#y++;
    if (this.#y < pass.rows) return;
    this.#y = 0;
    this.#pass++;
    this.#above.fill(0);
  }

  #paint({ x, y, dx, dy, width }: Pass): void {
    const { kind, depth, palette, paintsAlpha = false } = this.#chunks;
    const { data } = this;
    const toByte = this.#toByte;
    const row = this.#row;
    const step = dx * 3;
    let to = ((y + this.#y * dy) * this.#chunks.width + x) * 3;
    if (paintsAlpha) {
      const samples = SAMPLES[kind];
      const bytes = depth >> 3;
      for (let i = 0, from = 1 + (samples - 1) * bytes; i < width; i++, to += step, from += samples * bytes) {
        data.fill(depth === 8 ? row[from]! : toByte(row[from]!, row[from + 1]!), to, to + 3);
      }
      return;
    }
    if (kind === 'rgb' || kind === 'rgb-alpha') {
      const samples = SAMPLES[kind];
      if (depth === 8 && samples === 3 && dx === 1) {
        data.set(row.subarray(1, 1 + width * 3), to);
        return;
      }
      for (let i = 0, from = 1; i < width; i++, to += step) {
        for (let channel = 0; channel < 3; channel++) {
          data[to + channel] =
            depth === 8
              ? row[from + channel]!
              : toByte(row[from + channel * 2]!, row[from + channel * 2 + 1]!);
        }
        from += (samples * depth) >> 3;
      }
      return;
    }
    const bits = depth * SAMPLES[kind];
    const mask = (1 << Math.min(depth, 8)) - 1;
    const scale = 255 / mask;
    for (let i = 0; i < width; i++, to += step) {
      const bit = i * bits;
      const from = 1 + (bit >> 3);
      const value =
        depth === 16
          ? toByte(row[from]!, row[from + 1]!)
          : depth === 8
            ? row[from]!
            : (row[from]! >> (8 - depth - (bit & 7))) & mask;
      if (kind === 'palette') {
        data[to] = palette[value * 3]!;
        data[to + 1] = palette[value * 3 + 1]!;
        data[to + 2] = palette[value * 3 + 2]!;
      } else {
        const gray = depth < 8 ? value * scale : value;
        data[to] = gray;
        data[to + 1] = gray;
        data[to + 2] = gray;
      }
    }
  }
}

function rounded(high: number, low: number): number {
  return Math.trunc(((high << 8) + low + 128) / 257);
}

/** In place; the row's first byte names the filter. https://www.w3.org/TR/png-3/#9Filters */
function unfilter(row: Uint8Array, above: Uint8Array, length: number, distance: number): void {
  const filter = row[0]!;
  const end = length + 1;
  if (filter === 0) return;
  if (filter === 1) {
    for (let i = 1 + distance; i < end; i++) row[i] = row[i]! + row[i - distance]!;
  } else if (filter === 2) {
    for (let i = 1; i < end; i++) row[i] = row[i]! + above[i]!;
  } else if (filter === 3) {
    for (let i = 1; i < end; i++) {
      const left = i > distance ? row[i - distance]! : 0;
      row[i] = row[i]! + ((left + above[i]!) >> 1);
    }
  } else if (filter === 4) {
    for (let i = 1; i < end; i++) {
      const known = i > distance;
      const left = known ? row[i - distance]! : 0;
      row[i] = row[i]! + paeth(left, above[i]!, known ? above[i - distance]! : 0);
    }
  } else {
    throw new Error(`has a row with the filter ${filter}, which does not exist`);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
