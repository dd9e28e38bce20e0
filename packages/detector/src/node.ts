export { checkRegionGeometry, checkRegions } from './check-regions.js';
export { checkWritable } from './check-writable.js';
export * from './evaluate.js';
export * from './folder-bundle.js';
export { recoverFolder } from './replace-folder.js';
export * from './storage-error.js';
export { writeFileAtomically } from './write-file-atomically.js';
export * from './write-folder-bundle.js';
