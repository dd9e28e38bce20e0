export { httpRegistry } from './http-registry.js';
export type { HttpRegistryOptions } from './http-request.js';
export * from './object-registry.js';
export type * from './object-store.js';
export type * from './r2/r2-bucket.js';
export { type R2ObjectStoreOptions, r2ObjectStore } from './r2/r2-object-store.js';
export { readAll, streamOf } from './read-all.js';
export type * from './registry.js';
export * from './registry-error.js';
