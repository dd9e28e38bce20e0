import type { Device } from '@cflow/spec';
import type { InferenceSession } from 'onnxruntime-node';
import { WITHOUT_FOLDING } from '../fold-constants.js';
import type { SessionOptions } from '../runtime.js';

/** Devices that onnxruntime-node can run on. */
export type NodeDevice = Exclude<Device, 'wasm'>;

/** Fatal only: a failure is thrown, and printing it as well would tell it twice. */
const SILENT = 4;

/**
 * Our options as onnxruntime-node's. Always names exactly one provider: with a list, one that this build does not
 * know is dropped with a warning and the CPU takes its place.
 */
export function ortOptions(
  device: NodeDevice,
  {
    threads,
    graphOptimization = 'all',
    foldConstants = true,
    strictDevice = false,
    allowSpinning = false,
  }: SessionOptions,
): InferenceSession.SessionOptions & { extra: { session: Record<string, unknown> } } {
  return {
    executionProviders: [device],
    graphOptimizationLevel: graphOptimization,
    logSeverityLevel: SILENT,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    extra: {
      ...(!foldConstants && { optimization: WITHOUT_FOLDING }),
      session: {
        ...(strictDevice && device !== 'cpu' && { disable_cpu_ep_fallback: '1' }),
        ...(!allowSpinning && { intra_op: { allow_spinning: '0' } }),
      },
    },
  };
}
