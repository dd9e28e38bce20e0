import { open } from 'node:fs/promises';
import { readBmpHeader } from '../bmp-header.js';
import { sniffFormat } from '../image-format.js';
import type { ImageHeader } from './seen.js';

const START_BYTES = 4096;
const DEPTHS: Readonly<Record<string, number>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
  double: 64,
};

/** Reads the header of an image file; undefined where it has none that can be read. */
export async function readImageHeader(path: string): Promise<ImageHeader | undefined> {
  try {
    const start = await startOf(path);
    const sniffed = sniffFormat(start);
    if (sniffed === undefined || 'unsupported' in sniffed) return undefined;
    const format = sniffed.format.toUpperCase();
    if (sniffed.format === 'bmp') {
      const { width, height } = readBmpHeader(start);
      return { width, height, format, color: 'color', bits: 8 };
    }
    if (sniffed.format === 'pnm') return pnmHeader(start);
    const { default: sharp } = await import('sharp');
    const { width, height, autoOrient, space, depth } = await sharp(path, {
      limitInputPixels: false,
    }).metadata();
    const color = space === 'b-w' || space === 'grey16' ? 'gray' : 'color';
    return {
      width: autoOrient?.width ?? width,
      height: autoOrient?.height ?? height,
      format,
      color,
      bits: DEPTHS[depth ?? ''] ?? 8,
    };
  } catch {
    // What is wrong with it is said when it is read.
    return undefined;
  }
}

async function startOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function pnmHeader(start: Uint8Array): ImageHeader | undefined {
  const text = new TextDecoder('latin1').decode(start).replace(/#[^\n]*(?:\n|$)/g, ' ');
  const [kind = '', width, height, greatest] = text.split(/\s+/, 4);
  const color = kind === 'P3' || kind === 'P6' ? 'color' : 'gray';
  const deep = kind !== 'P1' && kind !== 'P4' && Number(greatest) > 255;
  return { width: Number(width), height: Number(height), format: 'PNM', color, bits: deep ? 16 : 8 };
}
