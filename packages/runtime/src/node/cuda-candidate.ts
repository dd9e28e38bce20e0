import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DeviceCandidate } from '../device-candidate.js';
import { createNodeRuntime, type NodeRuntimeOptions } from './create-node-runtime.js';

const CARDS = '/proc/driver/nvidia/gpus';

/** CUDA by the provider library that onnxruntime-node's install script can fetch for linux/x64; npm has it not. */
export async function cudaCandidate(options: Omit<NodeRuntimeOptions, 'device'>): Promise<DeviceCandidate> {
  const card = await cardName();
  return {
    device: 'cuda',
    description: `${card ?? 'NVIDIA GPU'} (CUDA)`,
    unavailable: async () => missingPart(process.platform, process.arch, onnxRuntimeFolder(), existsSync),
    createRuntime: async () => createNodeRuntime({ ...options, device: 'cuda' }),
  };
}

/** The first thing that CUDA needs and that is not there, with what to do about it. */
export function missingPart(
  platform: string,
  arch: string,
  folder: string,
  exists: (path: string) => boolean,
): string | undefined {
  if (platform !== 'linux' || arch !== 'x64') {
    return `onnxruntime-node runs CUDA on linux/x64 only, this is ${platform}/${arch}`;
  }
  if (!exists(join(folder, 'libonnxruntime_providers_cuda.so'))) {
    return (
      'the CUDA provider library is not installed: install with ONNXRUNTIME_NODE_INSTALL=cuda12 ' +
      '(npm rebuild onnxruntime-node), as the GPU image does; it needs CUDA 12 and cuDNN 9 beside it'
    );
  }
  if (!['/dev/nvidiactl', '/dev/dxg'].some(exists)) {
    return 'there is no NVIDIA driver here; in a container, start it with the cards (docker run --gpus all)';
  }
  return undefined;
}

/** Where onnxruntime-node keeps its native libraries. */
function onnxRuntimeFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(entry), '../bin/napi-v6', process.platform, process.arch);
}

async function cardName(): Promise<string | undefined> {
  const [first] = await readdir(CARDS).catch(() => []);
  if (first === undefined) return undefined;
  const information = await readFile(join(CARDS, first, 'information'), 'utf8').catch(() => '');
  return /^Model:\s*(.+)$/m.exec(information)?.[1]?.trim();
}
