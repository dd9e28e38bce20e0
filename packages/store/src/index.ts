export { httpRegistry } from './http-registry.js';
export type { HttpRegistryOptions } from './http-request.js';
export * from './object-registry.js';
export type * from './object-store.js';
export { readAll } from './read-all.js';
export type * from './registry.js';
export * from './registry-error.js';
