export * from './decode-bmp.js';
export { type DecodePnmOptions, decodePnm, type PnmRaster } from './decode-pnm.js';
export { evenlySpaced } from './evenly-spaced.js';
export { rangeOfGreatest } from './found-range.js';
export {
  type Canvas,
  drawOnCanvas,
  fitImage,
  fittedSize,
  pictureMap,
  sizeWarnings,
} from './geometry/canvas.js';
export { checkTiling } from './geometry/check-tiling.js';
export { type Tile, type TileSpan, type Tiling, tilingOf } from './geometry/tiling.js';
export * from './image-format.js';
export { MOST_MEGAPIXELS, megapixelLimits } from './image-limits.js';
export * from './map-in-order.js';
export { checkIgnoreMask, isSameShape } from './masks/check-mask.js';
export { maskOf } from './masks/mask-of.js';
export * from './planar.js';
export * from './recognized-format.js';
export * from './region/region.js';
export * from './region/region-fill.js';
export { dataSetLines, dataSetRows, layoutName, skippedText } from './report/data-set-lines.js';
export { makeReport, type Observations } from './report/make-report.js';
export type { ImageHeader, PixelSample } from './report/seen.js';
export * from './resize-bilinear.js';
export * from './resize-map.js';
export * from './resize-mask.js';
export type { RangeOptions } from './sample-scale.js';
