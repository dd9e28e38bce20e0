export * from './decode-image.js';
export * from './decode-mask.js';
export { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './decode-raster.js';
export * from './open-data-set.js';
export * from './read-images.js';
export type { ImageFailure, ImageSource } from './read-source.js';
