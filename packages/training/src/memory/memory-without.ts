import { evenlySpaced } from '@cflow/images';
import { memoryHeadGraph, packModel } from '@cflow/model';
import type { Runtime, Session } from '@cflow/runtime';
import { BUNDLE_FILES } from '@cflow/spec';
import type { FeatureSource } from '../features/feature-source.js';
import type { PreparedRun } from '../prepare/prepare-run.js';
import { runRegion } from '../prepare/run-region.js';
import { CROSS_FITTED_IMAGES, fitMemory } from './fit-memory.js';

export interface MemoryWithoutOptions {
  run: PreparedRun;
  runtime: Runtime;
  features: FeatureSource;
  /** What left-out scores say of good images, by their place in the feature source. */
  scored: readonly { image: number; score: number }[];
  signal: AbortSignal;
}

/** A memory that has not seen some of the good images, and which those are. */
export interface MemoryWithout {
  head: Session;
  /** Good images by their place in the feature source, the most unusual first, then some of the others. */
  unseen: readonly { image: number; score: number }[];
}

/** Images that are shown: those least like the others, and others that say where good parts vary. */
const UNUSUAL = 8;
const OTHERS = 24;
/** Images that the memory is of: enough to say what is usual, and too many to be fitted anew for each part of them, which takes longer than all else. */
const SEEN = CROSS_FITTED_IMAGES + 32;
const LEAST_SEEN = 2;

/**
 * A memory finds nothing unusual about an image that it is made of. This one is made of others, so that the map of an image
 * says how it differs from them.
 *
 * @returns undefined where there are too few images for both
 */
export async function memoryWithout(options: MemoryWithoutOptions): Promise<MemoryWithout | undefined> {
  const { run, runtime, features, scored, signal } = options;
  const ranked = scored.toSorted((a, b) => b.score - a.score);
  const most = Math.floor(ranked.length / 3);
  const unusual = ranked.slice(0, Math.min(UNUSUAL, most));
  const rest = ranked.slice(unusual.length);
  const others = evenlySpaced(rest, Math.min(OTHERS, most));
  const shown = new Set(others);
  const seen = evenlySpaced(
    rest.filter((each) => !shown.has(each)).map(({ image }) => image),
    SEEN,
  ).toSorted((a, b) => a - b);
  if (unusual.length === 0 || seen.length < LEAST_SEEN) return undefined;
  const { layers, configuration, backbone } = run;
  const { precision, inputSize, tileSize } = backbone;
  const { parameters } = await fitMemory({
    runtime,
    layers,
    features,
    images: seen,
    imageSize: inputSize,
    tileSize,
    seed: configuration.seed,
    precision,
    region: run.region && runRegion(run.region),
    signal,
    onProgress: () => undefined,
  });
  const { model, weights } = packModel(
    memoryHeadGraph({ layers, imageSize: inputSize, tileSize, parameters }),
    parameters,
    BUNDLE_FILES.decoders,
  );
  const externalData = [{ path: BUNDLE_FILES.decoders, data: weights }];
  const head = await runtime.createSession({ model, externalData });
  return { head, unseen: [...unusual, ...others] };
}
