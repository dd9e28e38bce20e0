// A Worker has 128 MB for its code's heap and its WebAssembly memory together, and the memory never shrinks.
import type { BundleManifest } from '@cflow/spec';
import { type DetectorMemory, detectorMemory } from '../inference/detector-memory.js';

/**
 * Bytes of the engine's memory for each byte of weights in float32, and for each pixel of the input. Measured with a
 * MobileNetV2 detector in float16 at 256 x 256, its head's constants not folded: 11.6 MB of weights, 43.6 MB of memory.
 */
const BYTES_PER_WEIGHT_BYTE = 1.4;
const BYTES_PER_PIXEL = 200;

/**
 * Bytes for all that is not a detector: the engine before the first one (17 MB), code and heap, the bytes of a bundle on its
 * way, one request with its image (a JPEG of two megapixels takes 37 MB while it is decoded, 22 of which stay).
 */
const RESERVE = 78_000_000;

/** What a detector takes in a Worker. */
export function workerMemory(
  manifest: Pick<BundleManifest, 'files' | 'precision' | 'configuration'>,
): DetectorMemory {
  const { headBytes, backboneBytes } = detectorMemory(manifest, BYTES_PER_WEIGHT_BYTE);
  const [height, width] = manifest.configuration.inputSize;
  return {
    headBytes: Math.round(headBytes),
    backboneBytes: Math.round(backboneBytes) + BYTES_PER_PIXEL * height * width,
  };
}

/** Bytes that detectors may take of a Worker's memory. */
export function detectorBudget(memoryBytes: number): number {
  return Math.max(0, memoryBytes - RESERVE);
}
