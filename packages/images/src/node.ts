export { type DecodeImageOptions, decodeImage } from './decode-image.js';
export * from './decode-mask.js';
export type { FileTree, SkippedFile, TreeFile } from './files/file-tree.js';
export { listFiles } from './files/list-files.js';
export type { ImageFailure, ImageSource } from './image-error.js';
export { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
export { readDefectMask } from './masks/read-defect-mask.js';
export { openDataSet } from './open-data-set.js';
export type { OpenDataSetOptions } from './open-options.js';
export * from './read-images.js';
export { eachWithRegion, withRegion } from './region/pair-regions.js';
export { readImageRegion } from './region/read-image-region.js';
export {
  checkReport,
  type ExaminedDataSet,
  type ExamineOptions,
  examineDataSet,
} from './report/examine-data-set.js';
