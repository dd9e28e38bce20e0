export * from './attribute.js';
export { gradients } from './differentiate.js';
export { MAX_MODEL_BYTES } from './encode-model.js';
export * from './foreign/index.js';
export {
  Graph,
  innermost,
  type Node,
  type OutputType,
  type Value,
  type VectorJacobianProduct,
} from './graph.js';
export { GraphError } from './graph-error.js';
export { internalizeWeights } from './internalize-weights.js';
export { type MergeModelsOptions, mergeModels } from './merge-models.js';
export * as op from './operators/index.js';
export { OPSET } from './opset.js';
export * from './optimizers/adam.js';
export * from './shape.js';
export * from './tensor.js';
export { type ExternalRange, type WriteModelOptions, writeModel } from './write-model.js';
