import type { Device } from '@cflow/spec';
import type { InferenceSession } from 'onnxruntime-common';
import { WITHOUT_FOLDING } from '../fold-constants.js';
import type { SessionOptions } from '../runtime.js';

/** Devices that onnxruntime-node can run on. */
export type NodeDevice = Exclude<Device, 'wasm'>;

/** Fatal only: a failure is thrown, and printing it as well would tell it twice. */
const SILENT = 4;

/**
 * Operators of a run follow each other within microseconds, and to wake a thread that sleeps takes longer. On cores that
 * nothing else wanted a ResNet-18's head ran 1.2 times faster with threads that wait awake for 20 µs than with threads
 * that sleep at once, and as fast as with the engine's own spinning, which on busy cores took up to twice as long.
 */
const SPINNING = {
  none: { intra_op: { allow_spinning: '0' } },
  short: { intra_op: { spin_duration_us: '20' }, force_spinning_stop: '1' },
  long: {},
} as const;

/**
 * Our options as onnxruntime-node's. Always names exactly one provider: with a list, one that this build does not
 * know is dropped with a warning and the CPU takes its place.
 *
 * @param card Of CUDA, which of several. Default: the first
 */
export function ortOptions(
  device: NodeDevice,
  {
    threads,
    graphOptimization = 'all',
    foldConstants = true,
    strictDevice = false,
    spinning = 'short',
  }: SessionOptions,
  card?: number,
): InferenceSession.SessionOptions & { extra: { session: Record<string, unknown> } } {
  return {
    executionProviders: [device === 'cuda' && card !== undefined ? { name: device, deviceId: card } : device],
    graphOptimizationLevel: graphOptimization,
    logSeverityLevel: SILENT,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    extra: {
      ...(!foldConstants && { optimization: WITHOUT_FOLDING }),
      session: {
        ...(strictDevice && device !== 'cpu' && { disable_cpu_ep_fallback: '1' }),
        ...SPINNING[spinning],
      },
    },
  };
}
