export * from './open-backbone.js';
export { cacheFolder } from './weights/cache-folder.js';
export { loadEmbeddedBackbone } from './weights/embedded-cache.js';
export { writeAtomically } from './weights/write-atomically.js';
