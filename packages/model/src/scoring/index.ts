export * from './anomaly-map.js';
export * from './head-graph.js';
export { interpolationMatrix } from './interpolation.js';
export * from './region-map.js';
export * from './standardize.js';
