export { type HostileGraph, type HostileGraphSetting, hostileGraphs } from './testing/hostile-graphs.js';
export { type PlainModel, type PlainNode, plainModel, plainNode } from './testing/plain-model.js';
export { tf32Model } from './testing/tf32-model.js';
