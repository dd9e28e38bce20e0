export { type AssetsRegistryOptions, assetsRegistry } from './workerd/assets-registry.js';
export type { Fetcher, WorkerContext, WorkerEnvironment } from './workerd/bindings.js';
export { type CflowWorker, createWorker, type WorkerOptions } from './workerd/create-worker.js';
export { FORWARDED_HEADER } from './workerd/forwarded-header.js';
export type { WasmModule } from './workerd/wasm-engine.js';
export {
  readWorkerVariables,
  WORKER_BINDINGS,
  type WorkerVariables,
  workerVariablesSchema,
} from './workerd/worker-configuration.js';
