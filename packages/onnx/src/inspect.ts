// The inspection alone, for those that run graphs and build none: what builds graphs takes a while to load.
export { GraphError } from './graph-error.js';
export type { GraphFacts } from './inspection/evaluate-graph.js';
export {
  type Feed,
  type InspectGraphOptions,
  inspectGraph,
  inspectGraphInSteps,
  type WeightTable,
} from './inspection/inspect-graph.js';
