import type { Device } from '@cflow/spec';
import type { InferenceSession } from 'onnxruntime-node';
import { WITHOUT_FOLDING } from '../fold-constants.js';
import type { SessionOptions } from '../runtime.js';

/** Devices that onnxruntime-node can run on. */
export type NodeDevice = Exclude<Device, 'wasm'>;

/** Fatal only: a failure is thrown, and printing it as well would tell it twice. */
const SILENT = 4;

/**
 * Operators of a run follow each other within microseconds, and to wake a thread that sleeps takes longer. So threads
 * wait awake for 20 µs and then sleep: on cores that nothing else wants a ResNet-18's head ran 1.2 times faster than with
 * threads that sleep at once, as fast as with the engine's own spinning; on busy ones it lost nothing that could be seen,
 * where the engine's own took up to twice as long.
 */
const SHORT_SPINNING = { intra_op: { spin_duration_us: '20' }, force_spinning_stop: '1' } as const;

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
        ...(!allowSpinning && SHORT_SPINNING),
      },
    },
  };
}
