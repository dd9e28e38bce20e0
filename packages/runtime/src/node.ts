export { createNodeRuntime, type NodeRuntime, type NodeRuntimeOptions } from './node/create-node-runtime.js';
export { type Card, chosenCards, cudaCards } from './node/cuda/cards.js';
export {
  COMPUTE_CAPABILITIES,
  CUDA_LIBRARIES,
  CUDA_PROVIDER_FILES,
  CUDNN_PARTS,
  DRIVER_NEEDED,
} from './node/cuda/cuda-libraries.js';
export { ENGINE_PLATFORMS, onnxRuntimeFolder, onnxRuntimeVersion } from './node/engine-package.js';
export { endBySignal, killThisProcess } from './node/kill-this-process.js';
export { nodeDevices } from './node/node-devices.js';
export type { NodeDevice } from './node/ort-options.js';
export { precisionMode } from './node/precision-mode.js';
export { type ChildProbeOptions, probeInChildProcess } from './node/probe-in-child-process.js';
