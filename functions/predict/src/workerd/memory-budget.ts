/**
 * Bytes of the engine's memory for each byte of weights in float32.
 */
export const BYTES_PER_WEIGHT_BYTE = 2;

/** Bytes for all that is no detector: code, the engine, one request with its image. */
const RESERVE = 64_000_000;

/** Bytes that detectors may take of a Worker's memory. */
export function detectorBudget(memoryBytes: number): number {
  return Math.max(0, memoryBytes - RESERVE);
}
