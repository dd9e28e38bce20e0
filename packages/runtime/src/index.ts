export { createRuntime } from './create-runtime.js';
export type { DeviceCandidate, DeviceReport } from './device-candidate.js';
export { type DeviceFault, deviceFault } from './device-fault.js';
export { type DeviceProbe, deviceProbes } from './device-probes.js';
export type { Engine, LoadedModel } from './engine.js';
export { checkProbe, type GoldenProbe, type ProbeResult, type ProbeTolerance } from './golden-probe.js';
export { inTurns } from './in-turns.js';
export { nextTurn } from './next-turn.js';
export { type OpenedSession, openSession } from './open-session.js';
export { probeDevices } from './probe-devices.js';
export {
  type ExternalData,
  GRAPH_OPTIMIZATIONS,
  type GraphOptimization,
  type ModelSource,
  type Runtime,
  type SessionOptions,
} from './runtime.js';
export { type SelectedDevice, selectDevice } from './select-device.js';
export type { RunOptions, Session, TensorInfo } from './session.js';
export { testDevice } from './test-device.js';
