import { type Graph, type Tensor, writeModel } from '@cflow/onnx';
import { safetensorsOffsets, writeSafetensors } from './weights/safetensors.js';

/** A model in two files: a small graph, and its weights as safetensors, which the graph points into. */
export interface PackedModel {
  model: Uint8Array;
  weights: Uint8Array;
}

/**
 * Writes a graph with the named constants outside, in a safetensors file that any tool can read. ONNX external data
 * is raw bytes at an offset, and so is a safetensors file, so nothing is stored twice.
 *
 * @param location the weight file's name beside the model
 */
export function packModel(graph: Graph, weights: ReadonlyMap<string, Tensor>, location: string): PackedModel {
  const file = writeSafetensors(weights);
  return {
    model: writeModel(graph, { external: { location, ranges: safetensorsOffsets(file) } }),
    weights: file,
  };
}
