import { ArgumentError } from '../../errors.js';
import type { RgbaPixels, RgbImage } from '../../image.js';
import { crc32 } from './crc32.js';

/**
 * Pixels as a PNG file, exactly as they are: no canvas, which would lose colors where alpha is low.
 * 3 or 4 bytes a pixel, by the length of the data.
 */
export async function encodePng({ width, height, data }: RgbImage | RgbaPixels): Promise<Blob> {
  const channels = data.length / (width * height);
  if (!(width > 0 && height > 0 && (channels === 3 || channels === 4))) {
    throw new ArgumentError(`expected RGB or RGBA pixels, got ${data.length} bytes for ${width} x ${height}`);
  }
  const row = width * channels;
  // Each row as its difference to the one above (filter 2), which packs better than the pixels.
  const filtered = new Uint8Array((row + 1) * height);
  for (let y = 0, from = 0, to = 0; y < height; y++) {
    filtered[to++] = 2;
    for (let x = 0; x < row; x++, from++) filtered[to++] = data[from]! - (y === 0 ? 0 : data[from - row]!);
  }
  const packed = new Blob([filtered]).stream().pipeThrough(new CompressionStream('deflate'));
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint16(8, channels === 3 ? 0x0802 : 0x0806);
  return new Blob(
    [
      new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]),
      chunk('IHDR', new Uint8Array(header.buffer)),
      chunk('IDAT', new Uint8Array(await new Response(packed).arrayBuffer())),
      chunk('IEND', new Uint8Array(0)),
    ],
    { type: 'image/png' },
  );
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, -4)));
  return bytes;
}
