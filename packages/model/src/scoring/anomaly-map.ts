import { op, type Value } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { type LayerStandard, standardizedLikelihood } from './standardize.js';
import { upsample } from './upsample.js';

/**
 * How likelihoods become a map.
 * - `fixed`: by constants of the detector, so that an image's map does not depend on its neighbors.
 * - `standardized`: by constants of the detector as well, each layer relative to what is usual at each position.
 * - `reference`: by the maxima over the batch, as anomalib does; for comparisons only.
 */
export type MapNormalization =
  | {
      kind: 'fixed';
      /** Per layer: the largest log-likelihood seen on good images. */
      maxLogLikelihood: readonly number[];
      /** The largest fused likelihood seen on good images. */
      maxLikelihood: number;
    }
  | {
      kind: 'standardized';
      /** Per layer. */
      standards: readonly LayerStandard[];
      /** The largest logarithm of the fused likelihood seen on good images. */
      maxLikelihood: number;
    }
  | { kind: 'reference' };

/**
 * Fuses log-likelihoods into an anomaly map: m_l = exp(p_l - max p_l) per layer, or its {@link standardizedLikelihood},
 * upsampled bilinearly and summed; the map is max(Σ m) - Σ m, so that the least likely place is the highest. Standardized
 * likelihoods are summed likewise, but the map is max(log Σ m) - log Σ m.
 *
 * @param logLikelihoods per layer, [batch, 1, h_l, w_l]
 * @param imageSize [height, width] of the map; null keeps the layers' size, which must then be equal
 * @returns [batch, height, width]
 * @throws ConfigurationError when there is no layer, when `imageSize` is null and the layers differ in size, or when
 * constants are not finite or not one per layer
 */
export function anomalyMap(
  logLikelihoods: readonly Value[],
  imageSize: readonly [height: number, width: number] | null,
  normalization: MapNormalization,
): Value {
  if (logLikelihoods.length === 0) {
    throw new ConfigurationError('an anomaly map needs the log-likelihoods of at least one layer, got none');
  }
  checkConstants(normalization, logLikelihoods.length);
  const sum = logLikelihoods
    .map((logLikelihood, layer) => {
      const likelihood = likelihoodOf(logLikelihood, layer, normalization);
      return imageSize ? upsample(likelihood, imageSize) : likelihood;
    })
    .reduce((left, right) => {
      const [a, b] = [left.shape.slice(2), right.shape.slice(2)];
      if (a.some((size, axis) => size !== b[axis])) {
        throw new ConfigurationError(
          `without an image size the layers must be of one size, got ${a.join('x')} and ${b.join('x')}; give an image size`,
        );
      }
      return op.Add(left, right);
    });
  const fused = normalization.kind === 'standardized' ? logarithm(sum) : sum;
  const [batch, , height, width] = fused.shape as [string, number, number, number];
  const top =
    normalization.kind === 'reference'
      ? op.ReduceMax(fused, [0, 1, 2, 3])
      : fused.graph.scalar(normalization.maxLikelihood);
  return op.Reshape(op.Sub(top, fused), [batch, height, width]);
}

/**
 * The sum of bounded likelihoods has no tail on the odd side, and a calibration that expects one would put its
 * threshold where nothing reaches it. The logarithm gives it one, and changes no order.
 */
function logarithm(sum: Value): Value {
  return op.Log(op.Add(sum, sum.graph.scalar(LEAST_LIKELIHOOD)));
}

/** Keeps the logarithm of what is not likely at all finite: the map then goes up to about 14. */
const LEAST_LIKELIHOOD = 1e-6;

/** How likely each place of one layer is, relative to the constants. */
function likelihoodOf(logLikelihood: Value, layer: number, normalization: MapNormalization): Value {
  const { graph } = logLikelihood;
  switch (normalization.kind) {
    case 'standardized':
      return standardizedLikelihood(logLikelihood, normalization.standards[layer] as LayerStandard);
    case 'fixed':
      return op.Exp(op.Sub(logLikelihood, graph.scalar(normalization.maxLogLikelihood[layer]!)));
    case 'reference':
      return op.Exp(op.Sub(logLikelihood, op.ReduceMax(logLikelihood, [0, 1, 2, 3])));
  }
}

function checkConstants(normalization: MapNormalization, layers: number): void {
  if (normalization.kind === 'reference') return;
  const { maxLikelihood } = normalization;
  if (normalization.kind === 'standardized') {
    const { length } = normalization.standards;
    if (length === layers && Number.isFinite(maxLikelihood)) return;
    throw new ConfigurationError(
      `${layers} layers need as many standards and one finite largest likelihood, got ${length} and ${maxLikelihood}`,
      { details: { layers, standards: length, maxLikelihood } },
    );
  }
  const { maxLogLikelihood } = normalization;
  if (maxLogLikelihood.length === layers && [...maxLogLikelihood, maxLikelihood].every(Number.isFinite))
    return;
  throw new ConfigurationError(
    `${layers} layers need as many finite largest log-likelihoods and one finite largest likelihood, ` +
      `got [${maxLogLikelihood.join(', ')}] and ${maxLikelihood}`,
    { details: { layers, maxLogLikelihood, maxLikelihood } },
  );
}
