export type * from './object-store.js';
export type * from './registry.js';
