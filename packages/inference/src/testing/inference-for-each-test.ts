import { afterEach } from 'vitest';
import type { Inference } from '../inference.js';
import { createNodeInference, type NodeInferenceOptions } from '../node/create-node-inference.js';
import { MemoryRegistry } from './memory-registry.js';

/** Starts inference on one CPU thread for a test of the file, which is closed after it. */
export function inferenceForEachTest(): (
  registry: MemoryRegistry,
  rest?: Partial<NodeInferenceOptions>,
) => Inference {
  let inference: Inference | undefined;
  afterEach(async () => {
    await inference?.close();
    inference = undefined;
  });
  return (registry, rest = {}) => {
    inference = createNodeInference({ registry, device: 'cpu', lanes: 1, threads: 1, ...rest });
    return inference;
  };
}

/** A registry with one detector, `wood@latest`. */
export function oneDetector(bundle: Map<string, Uint8Array>): MemoryRegistry {
  const registry = new MemoryRegistry();
  registry.add('wood', bundle, 'latest');
  return registry;
}
