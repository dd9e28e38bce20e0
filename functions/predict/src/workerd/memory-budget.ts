// A Worker has 128 MB for its code's heap and its WebAssembly memory together, and the memory never shrinks.
import { seenSize } from '@cflow/detector';
import { type DetectorMemory, detectorMemory } from '@cflow/inference';
import type { BundleManifest } from '@cflow/spec';

/**
 * Bytes of the engine's memory for each byte of weights in float32, and for each pixel of the input. Measured with a
 * MobileNetV2 detector in float16 at 256 x 256, its head's constants not folded: 11.6 MB of weights, 43.6 MB of memory.
 */
const BYTES_PER_WEIGHT_BYTE = 1.4;
const BYTES_PER_PIXEL = 200;
/**
 * Of a picture that is seen in tiles, for each pixel: its three planes, and its map where the head makes it and where it is taken to.
 * For each value of its features: where tiles are put together, and where the head gets them.
 */
const BYTES_PER_TILED_PIXEL = 3 + 2 * 4;
const BYTES_PER_TILED_FEATURE = 2 * 4;

/**
 * Bytes for all that is not a detector: the engine before the first one (17 MB), code and heap, the bytes of a bundle on its
 * way, one request with its image (a JPEG of two megapixels takes 37 MB while it is decoded, 22 of which stay).
 */
const RESERVE = 78_000_000;

/** What a detector takes in a Worker: of a network that sees tiles, what one tile takes, and what is kept of the whole picture. */
export function workerMemory(
  manifest: Pick<BundleManifest, 'files' | 'precision' | 'configuration' | 'layers'>,
): DetectorMemory {
  const { headBytes, backboneBytes } = detectorMemory(manifest, BYTES_PER_WEIGHT_BYTE);
  const [height, width] = seenSize(manifest.configuration);
  return {
    headBytes: Math.round(headBytes) + tiledBytes(manifest),
    backboneBytes: Math.round(backboneBytes) + BYTES_PER_PIXEL * height * width,
  };
}

function tiledBytes({ configuration, layers }: Pick<BundleManifest, 'configuration' | 'layers'>): number {
  if (configuration.geometry !== 'tiles') return 0;
  const [rows, columns] = configuration.inputSize;
  const features = layers.reduce((sum, { channels, height, width }) => sum + channels * height * width, 0);
  return BYTES_PER_TILED_PIXEL * rows * columns + BYTES_PER_TILED_FEATURE * features;
}

/** Bytes that detectors may take of a Worker's memory. */
export function detectorBudget(memoryBytes: number): number {
  return Math.max(0, memoryBytes - RESERVE);
}
