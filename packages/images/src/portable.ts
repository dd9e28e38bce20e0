export type { ImageFailure } from './image-error.js';
export { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
export { type DecodePortableOptions, decodeImagePortable } from './portable/decode-image-portable.js';
export { decodeMaskPortable } from './portable/decode-mask-portable.js';
export { encodePngPortable } from './portable/encode-png.js';
export { type JpegDecoder, type JpegWasm, mozJpegDecoder } from './portable/moz-jpeg.js';
export { type PngSamples, writePng as writePngPortable } from './portable/write-png.js';
