import { decodeImage, decodeMask, type ImageLimits } from '@cflow/images/node';
import { encodeMapPng8, encodeMapPng16, encodePng } from '@cflow/visual/node';
import type { ImageCodecs } from '../images/image-work.js';

export function nodeImageCodecs(limits: ImageLimits): ImageCodecs {
  return {
    decodeImage: (bytes, range) => decodeImage(bytes, { ...limits, ...range }),
    decodeMask: (bytes) => decodeMask(bytes, limits),
    encodePng,
    encodeMapPng8,
    encodeMapPng16,
    base64: ({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64'),
  };
}
