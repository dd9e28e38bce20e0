import { readFile } from 'node:fs/promises';
import { decodeImage } from '@cflow/images/node';
import { decodeImagePortable, mozJpegDecoder } from '@cflow/images/portable';
import { nodeDevices } from '@cflow/runtime/node';
import { webDevices } from '@cflow/runtime/web';
import * as ort from 'onnxruntime-web/wasm';
import { findSoftwareVulkan } from '../../packages/runtime/test/find-software-vulkan.js';
import { startScript } from '../support/start-script.js';
import { MOZ_JPEG } from './packages.js';
import { type ScoredFile, scoreFiles, type Work } from './score-files.js';

/** onnxruntime-node with Node's own decoder. */
export async function onNode(work: Work, device: 'cpu' | 'webgpu'): Promise<ScoredFile[]> {
  return scoreFiles(work, device, await nodeDevices(), (bytes, range) => decodeImage(bytes, { range }));
}

/** onnxruntime-web with the decoder of browsers and the edge. */
export async function onWasm(work: Work): Promise<ScoredFile[]> {
  ort.env.wasm.numThreads = 1;
  const decodeJpeg = mozJpegDecoder(await readFile(MOZ_JPEG));
  return scoreFiles(work, 'wasm', webDevices({ load: async () => ort }), (bytes, range) =>
    decodeImagePortable(bytes, { decodeJpeg, range }),
  );
}

/** A process of its own, since the Vulkan driver must be in the environment before it starts. */
export async function onNodeWebGpu(origin: string): Promise<ScoredFile[]> {
  const env = { ...process.env, ...(process.env.VK_ICD_FILENAMES ? {} : findSoftwareVulkan()) };
  const script = startScript(new URL('node-webgpu.ts', import.meta.url), [origin], { env });
  const { code, stdout, stderr } = await script.ended;
  if (code === 0) return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as ScoredFile[];
  throw new Error(/Error: (.*(\n {2}.*)*)/.exec(stderr)?.[1] ?? `ended with exit code ${code}: ${stderr}`);
}
