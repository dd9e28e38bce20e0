export * from './attribute.js';
export { gradients } from './differentiate.js';
export {
  Graph,
  innermost,
  type Node,
  type OutputType,
  type Value,
  type VectorJacobianProduct,
} from './graph.js';
export { GraphError } from './graph-error.js';
export * as op from './operators/index.js';
export * from './optimisers/adam.js';
export * from './shape.js';
export * from './tensor.js';
export { type ExternalRange, OPSET, type WriteModelOptions, writeModel } from './write-model.js';
