export type * from './detector.js';
export * from './errors.js';
export type * from './image.js';
export * from './remote/index.js';
