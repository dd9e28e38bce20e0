export { createNodeRuntime, type NodeRuntime, type NodeRuntimeOptions } from './node/create-node-runtime.js';
export { endBySignal, killThisProcess } from './node/kill-this-process.js';
export { nodeDevices } from './node/node-devices.js';
export type { NodeDevice } from './node/ort-options.js';
export { type ChildProbeOptions, probeInChildProcess } from './node/probe-in-child-process.js';
