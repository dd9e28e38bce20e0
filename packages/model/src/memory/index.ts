export * from './image-features.js';
export * from './memory-banks.js';
export * from './memory-head.js';
export * from './memory-tensors.js';
export * from './place-features.js';
export * from './score-windows.js';
export { topShareMean } from './top-share.js';
