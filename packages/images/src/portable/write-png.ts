import { crc32 } from './crc32.js';

/** Samples of a PNG, as the file has them. */
export interface PngSamples {
  width: number;
  height: number;
  /** 1 is gray, 3 is RGB. */
  channels: 1 | 3;
  /** Bits of a sample. */
  depth: 8 | 16;
  /** Row by row, samples of 16 bits with the high byte first. */
  bytes: Uint8Array;
  /** Texts by their keys, in Latin-1, written as `tEXt` behind the header. */
  texts?: Readonly<Record<string, string>> | undefined;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const SUBTRACT_LEFT = 1;
const COLOR_TYPE = { 1: 0, 3: 2 } as const;

/** A PNG file, by the host's own deflate. */
export async function writePng(samples: PngSamples): Promise<Uint8Array> {
  const { width, height, channels, depth, texts = {} } = samples;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, COLOR_TYPE[channels], 0, 0, 0], 8);
  return joined([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    ...Object.entries(texts).map(([key, value]) => chunk('tEXt', latin1(`${key}\0${value}`))),
    chunk('IDAT', await deflate(filtered(samples))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** Each row as its differences from the pixel to the left. */
function filtered({ width, height, channels, depth, bytes }: PngSamples): Uint8Array {
  const distance = (channels * depth) / 8;
  const stride = width * distance;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const from = y * stride;
    const to = y * (stride + 1);
    rows[to] = SUBTRACT_LEFT;
    for (let i = 0; i < stride; i++) {
      rows[to + 1 + i] = bytes[from + i]! - (i < distance ? 0 : bytes[from + i - distance]!);
    }
  }
  return rows;
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Response(bytes as Uint8Array<ArrayBuffer>).body!.pipeThrough(
    new CompressionStream('deflate'),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(latin1(type), 4);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
