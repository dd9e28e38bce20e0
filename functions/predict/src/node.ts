export { createNodeInference, type NodeInferenceOptions } from './inference/node/create-node-inference.js';
