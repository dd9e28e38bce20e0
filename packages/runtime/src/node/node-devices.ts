import { availableParallelism, cpus } from 'node:os';
import type { DeviceCandidate } from '../device-candidate.js';
import { createNodeRuntime, type NodeRuntimeOptions } from './create-node-runtime.js';
import { cudaCandidate } from './cuda-candidate.js';
import { webgpuCandidate } from './webgpu-candidate.js';

/** The devices that Node can have, best first: cuda, webgpu, cpu. */
export async function nodeDevices(
  options: Omit<NodeRuntimeOptions, 'device'> = {},
): Promise<readonly DeviceCandidate[]> {
  return [await cudaCandidate(options), webgpuCandidate(options), cpuCandidate(options)];
}

function cpuCandidate(options: Omit<NodeRuntimeOptions, 'device'>): DeviceCandidate {
  const model = cpus()[0]?.model.trim() || process.arch;
  const threads = options.threads ?? availableParallelism();
  return {
    device: 'cpu',
    description: `${model}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    createRuntime: async () => createNodeRuntime({ ...options, device: 'cpu' }),
  };
}
