import { access, readdir } from 'node:fs/promises';
import type { DeviceCandidate } from '../device-candidate.js';
import { createNodeRuntime, type NodeRuntimeOptions } from './create-node-runtime.js';
import { manifestFolders, vulkanDrivers } from './vulkan-drivers.js';

const APIS: Readonly<Record<string, string>> = { linux: 'Vulkan', win32: 'Direct3D 12', darwin: 'Metal' };

/**
 * WebGPU by Dawn, which comes with onnxruntime-node. On Linux it needs the Vulkan loader (libvulkan.so.1) and a
 * driver. Variables that choose the driver, VK_DRIVER_FILES or VK_ICD_FILENAMES, must be in the environment of the
 * process, or set in `process.env` of its main thread, before the first webgpu session: Dawn asks once, and its
 * answer stays. The `env` of a worker does not reach it.
 */
export function webgpuCandidate(options: Omit<NodeRuntimeOptions, 'device'>): DeviceCandidate {
  return {
    device: 'webgpu',
    description: `WebGPU (Dawn on ${APIS[process.platform] ?? process.platform})`,
    async unavailable() {
      if (process.platform !== 'linux' || (await vulkanDrivers(process.env)).length > 0) return undefined;
      return (
        'no Vulkan driver: no manifest (*.json) is named by VK_DRIVER_FILES or VK_ICD_FILENAMES or found in ' +
        `${manifestFolders(process.env).join(', ')}; install the driver of the graphics card`
      );
    },
    async unattractive() {
      if (process.platform !== 'linux' || (await hasGraphicsCard())) return undefined;
      return (
        'this machine has no graphics card, so its Vulkan driver is software, which is slower than cpu; ' +
        'name webgpu to use it all the same'
      );
    },
    createRuntime: async () => createNodeRuntime({ ...options, device: 'webgpu' }),
  };
}

/** Whether the kernel offers a card: a render node, NVIDIA's own device, or Windows' card inside WSL. */
async function hasGraphicsCard(): Promise<boolean> {
  const nodes = await readdir('/dev/dri').catch(() => []);
  if (nodes.some((name) => name.startsWith('renderD'))) return true;
  for (const path of ['/dev/nvidia0', '/dev/dxg']) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return true;
  }
  return false;
}
