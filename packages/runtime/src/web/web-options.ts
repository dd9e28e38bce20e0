import type { InferenceSession } from 'onnxruntime-common';
import { WITHOUT_FOLDING } from '../fold-constants.js';
import type { SessionOptions } from '../runtime.js';
import type { GpuDevice } from './gpu-device.js';
import type { WebDevice } from './onnx-runtime-web.js';

/** Fatal only: a failure is thrown, and printing it as well would tell it twice. */
const SILENT = 4;

/**
 * Our options as onnxruntime-web's. Always names exactly one provider: left alone it prefers wasm, and drops one
 * that it cannot have with a warning. `threads` and `spinning` have no counterpart: the threads belong to the
 * module and are set before the first session, by `env.wasm.numThreads`.
 */
export function webOptions(
  device: WebDevice,
  { graphOptimization = 'all', foldConstants = true, strictDevice = false }: SessionOptions,
  gpu: GpuDevice | undefined,
): InferenceSession.SessionOptions {
  const provider = gpu ? { name: device, device: gpu } : device;
  return {
    executionProviders: [provider as InferenceSession.ExecutionProviderConfig],
    graphOptimizationLevel: graphOptimization,
    logSeverityLevel: SILENT,
    extra: {
      ...(!foldConstants && { optimization: WITHOUT_FOLDING }),
      ...(strictDevice && device === 'webgpu' && { session: { disable_cpu_ep_fallback: '1' } }),
    },
  };
}
