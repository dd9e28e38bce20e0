import type { ComparisonSource } from '../comparison.js';
import { anomalyMapComparisons } from './anomaly-maps.js';
import { couplingBlockComparisons } from './coupling-block.js';
import { decoderComparisons } from './decoders.js';
import { positionalEncodingComparisons } from './positional-encoding.js';
import { tinyResNetComparisons } from './tiny-resnet.js';
import { trainingTraceComparisons } from './training-trace.js';

/** Everything that is compared with the reference. */
export const COMPARISONS: readonly ComparisonSource[] = [
  positionalEncodingComparisons,
  couplingBlockComparisons,
  decoderComparisons,
  anomalyMapComparisons,
  trainingTraceComparisons,
  tinyResNetComparisons,
];
