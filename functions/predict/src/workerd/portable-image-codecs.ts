import {
  decodeImagePortable,
  decodeMaskPortable,
  encodePngPortable,
  type ImageLimits,
  mozJpegDecoder,
  writePngPortable,
} from '@cflow/images/portable';
import type { ImageCodecs } from '@cflow/inference';
import { MAP_PNG_KEYS, mapPixels8, mapPixels16 } from '@cflow/visual';
import type { WasmModule } from './wasm-engine.js';

/** PNG, JPEG and BMP in, PNG out, with nothing of a host. Pixels are those of Node, bit for bit. */
export function portableImageCodecs(jpeg: WasmModule, limits: ImageLimits): ImageCodecs {
  const options = { limits, decodeJpeg: mozJpegDecoder(jpeg, { keepInstance: true }) };
  return {
    decodeImage: (bytes, range) => decodeImagePortable(bytes, { ...options, ...range }),
    decodeMask: (bytes) => decodeMaskPortable(bytes, options),
    encodePng: encodePngPortable,
    async encodeMapPng8(map) {
      const { width, height } = map;
      const { pixels, offset, scale } = mapPixels8(map);
      return {
        png: await writePngPortable({ width, height, channels: 1, depth: 8, bytes: pixels }),
        offset,
        scale,
      };
    },
    async encodeMapPng16(map) {
      const { width, height } = map;
      const { pixels, offset, scale } = mapPixels16(map);
      const bytes = new Uint8Array(2 * pixels.length);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < pixels.length; i++) view.setUint16(2 * i, pixels[i]!);
      const texts = { [MAP_PNG_KEYS.offset]: `${offset}`, [MAP_PNG_KEYS.scale]: `${scale}` };
      return {
        png: await writePngPortable({ width, height, channels: 1, depth: 16, bytes, texts }),
        offset,
        scale,
      };
    },
    base64,
  };
}

/** Pieces whose text is short enough to be an argument list, and of whole groups of three bytes. */
const PIECE = 3 * 8192;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
  }
  return text;
}
