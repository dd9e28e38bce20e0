export type { BackboneGraph } from './backbone-graph.js';
export { float16ToFloat32, float32ToFloat16 } from './float16.js';
export { gaussians, type RandomGenerator, randomPermutation, randomStream, uniform } from './random.js';
export { defaultInit, type InitialLayer } from './random-init.js';
export { readSafetensors, type Safetensors, safetensorsOffsets, writeSafetensors } from './safetensors.js';
export { randomRotation } from './special-orthogonal.js';
export { StateDict } from './state-dict.js';
