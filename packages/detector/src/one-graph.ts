// For hosts that run a detector as one graph: what builds graphs takes a while to load.

export { compactMaps, type MapLevels, mapOfLevels } from './one-graph/map-levels.js';
export * from './one-graph/merge-detector.js';
export * from './one-graph/open-one-graph.js';
export { PICTURE } from './one-graph/region-graph.js';
