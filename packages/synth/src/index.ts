export { MAX_SIZE, MIN_SIZE } from './check-request.js';
export * from './defects/kinds.js';
export * from './materials/names.js';
export * from './plan-data-set.js';
export * from './render-sample.js';
export * from './sample-request.js';
