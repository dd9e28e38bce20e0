export * from './bundle.js';
export * from './detector.js';
export { imageBatch } from './image-batch.js';
export * from './load-detector.js';
export * from './predict.js';
export { probeImage } from './probe-image.js';
export * from './scorer.js';
