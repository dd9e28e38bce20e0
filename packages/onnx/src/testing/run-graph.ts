// Runs a graph in this process, for tests of this package only: products run graphs through @cflow/runtime.
import type { Graph } from '../graph.js';
import type { Tensor } from '../tensor.js';
import { writeModel } from '../write-model.js';
import { runModel } from './run-model.js';

export function runGraph(graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  return runModel(writeModel(graph), feeds);
}
