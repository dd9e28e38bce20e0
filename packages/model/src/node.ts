export type { AnomalibCheckpoint, CheckpointOverrides } from './anomalib/anomalib-checkpoint.js';
export { checkpointBackbone } from './anomalib/checkpoint-backbone.js';
export { readCheckpointFile } from './anomalib/read-checkpoint-file.js';
export {
  type ChosenBackbone,
  type DefaultBackboneOptions,
  defaultBackbone,
  OFFLINE_BACKBONE,
} from './default-backbone.js';
export { describeBackbones } from './describe-backbones.js';
export * from './open-backbone.js';
export { cacheFolder } from './weights/cache-folder.js';
export { loadEmbeddedBackbone } from './weights/embedded-cache.js';
export { type FindPulledOptions, findPulledBackbone } from './weights/find-pulled.js';
export { type PullBackboneOptions, type PulledBackbone, pullBackbone } from './weights/hub.js';
export type { PullProgress } from './weights/hub-download.js';
export {
  type FetchArchiveOptions,
  type FetchedArchive,
  fetchArchive,
} from './weights/package-weights/fetch-archive.js';
export { findPackageWeights, type PackageWeights } from './weights/package-weights/known-packages.js';
export type { PackageArchive } from './weights/package-weights/package-index.js';
export {
  findPulledPackage,
  type PulledPackage,
  pullPackage,
} from './weights/package-weights/pull-package.js';
export { writeAtomically } from './weights/write-atomically.js';
