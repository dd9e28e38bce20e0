export type { ImageFailure } from './image-error.js';
export { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
export {
  type DecodeFileOptions,
  type DecodePortableOptions,
  decodeImageWith,
  type PlainDecoder,
} from './portable/decode-file.js';
export { decodeImagePortable } from './portable/decode-image-portable.js';
export { decodeMaskPortable, decodeMaskWith } from './portable/decode-mask-portable.js';
export { decodePlain } from './portable/decode-plain.js';
export { encodePngPortable } from './portable/encode-png.js';
export { greatestSample } from './portable/greatest-sample.js';
export { type JpegDecoder, type JpegWasm, mozJpegDecoder } from './portable/moz-jpeg.js';
export { type PngSamples, writePng as writePngPortable } from './portable/write-png.js';
