import { ConfigurationError, PRECISION_MODES, type PrecisionMode } from '@cflow/spec';

/** What cuBLAS and cuDNN read when they are set up. 0: products are those of float32, whatever a program asks for. */
const TF32 = 'NVIDIA_TF32_OVERRIDE';
const MODE = 'CFLOW_PRECISION_MODE';

/**
 * How this process computes products on a card: what `CFLOW_PRECISION_MODE` says, else `exact`. One process has one mode, since
 * NVIDIA's libraries read their variable once for all that they do.
 *
 * @throws ConfigurationError when the variable names no mode
 */
export function precisionMode(): PrecisionMode {
  const wanted = process.env[MODE] || 'exact';
  const mode = PRECISION_MODES.find((each) => each === wanted);
  if (mode) return mode;
  throw new ConfigurationError(`${MODE}: expected ${PRECISION_MODES.join(' or ')}, got "${wanted}"`);
}

/**
 * NVIDIA's cards from the A100 on round what goes into products to 11 bits (TF32) unless they are told not to, which the
 * binding has no option for. Scores then differ between cards, and from the CPU: only the mode `throughput` lets them.
 *
 * To be called before anything loads a CUDA library; where a worker thread is to load it, in the thread that starts the
 * worker: see `silenceTelemetry`.
 */
export function multiplyAsAsked(): void {
  if (precisionMode() === 'exact') process.env[TF32] = '0';
  else delete process.env[TF32];
}

/** Whether products are as the process's mode has them, as far as this thread can tell. */
export function multipliesAsAsked(): boolean {
  return precisionMode() === 'throughput' || process.env[TF32] === '0';
}
