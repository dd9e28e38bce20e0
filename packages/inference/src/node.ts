export { availableMemory } from './node/available-memory.js';
export { collectGarbage } from './node/collect-garbage.js';
export { createNodeInference, type NodeInferenceOptions } from './node/create-node-inference.js';
