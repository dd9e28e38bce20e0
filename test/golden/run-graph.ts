import '../support/without-telemetry.js';
import type { Graph, Tensor } from '@cflow/onnx';
import { writeModel } from '@cflow/onnx';
import type { Device } from '@cflow/spec';
import * as ort from 'onnxruntime-node';
import { loadCudaLibraries } from '../../packages/runtime/src/node/cuda/load-libraries.js';

export type Tensors = Record<string, Tensor>;

/** The variable that names the device on which the comparisons run their graphs: cpu, the default, webgpu or cuda. */
export const DEVICE_VARIABLE = 'CFLOW_GOLDEN_DEVICE';

/**
 * The device of the comparisons in this process.
 * @throws Error when the variable names none
 */
export function goldenDevice(): Device {
  const named = process.env[DEVICE_VARIABLE] ?? 'cpu';
  if (named === 'cpu' || named === 'webgpu' || named === 'cuda') return named;
  throw new Error(`${DEVICE_VARIABLE} is "${named}", expected cpu, webgpu or cuda`);
}

/** A graph that is ready to run, in this process. */
export interface OpenGraph {
  run(feeds: Tensors): Promise<Tensors>;
  release(): Promise<void>;
}

export async function openGraph(graph: Graph): Promise<OpenGraph> {
  const device = goldenDevice();
  if (device === 'cuda') await loadCudaLibraries();
  const session = await ort.InferenceSession.create(writeModel(graph), {
    logSeverityLevel: 3,
    executionProviders: [device],
    // Nothing may be computed elsewhere: that would compare the CPU once more.
    ...(device !== 'cpu' && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  });
  return {
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new ort.Tensor(type as 'float32', data as Float32Array, dims),
      ]);
      const outputs = await session.run(Object.fromEntries(inputs));
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { type, data, dims }]) => [name, { type, data, dims } as Tensor]),
      );
    },
    release: () => session.release(),
  };
}

/** Runs a graph once. */
export async function runGraph(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const open = await openGraph(graph);
  try {
    return await open.run(feeds);
  } finally {
    await open.release();
  }
}

/** The numbers of a float32 output. */
export function values(outputs: Tensors, name: string): Float32Array {
  const tensor = outputs[name];
  if (tensor?.type !== 'float32') throw new Error(`no float32 output "${name}"`);
  return tensor.data as Float32Array;
}
