import { readSafetensors, type Safetensors } from '@cflow/model/safetensors';
import type { Tensor } from '@cflow/onnx';
import type { GoldenProbe, ProbeTolerance } from '@cflow/runtime';
import { BUNDLE_FILES, BundleError, LOG_LIKELIHOOD } from '@cflow/spec';
import type { VerifiedBundle } from './bundle.js';

/**
 * What log-likelihoods may be off by, as a share of their own size and of the root mean square of their layer. Engines
 * that compute in float32 differ by less than 2e-6; TF32, which rounds factors to 11 bits, by 6e-5 to 2e-3.
 */
const LIKELIHOOD_TOLERANCE = 2e-5;
/** The same between cards that round to TF32, and between one of them and what is exact. */
const ROUNDED_LIKELIHOOD_TOLERANCE = 5e-3;

/**
 * The input of the probe and the outputs that it must give.
 * @throws BundleError when the file is not a probe for this bundle
 */
export function readProbe({ manifest, files, source }: VerifiedBundle): GoldenProbe {
  const [height, width] = manifest.configuration.inputSize;
  const tensors = probeTensors(files.get(BUNDLE_FILES.probe) as Uint8Array, source.name);
  const take = (name: string, type: Tensor['type'], dims: readonly number[]): Tensor => {
    const tensor = tensors.get(name);
    if (tensor?.type === type && `${tensor.dims}` === `${dims}`) return tensor;
    throw new BundleError(
      `the golden probe of bundle "${source.name}" has no ${type} [${dims}] "${name}"; get the bundle again`,
      { details: { file: BUNDLE_FILES.probe } },
    );
  };
  // A score stands still where it is as high as it can be; what it is made of does not. Older bundles have only the score.
  const layers = manifest.layers
    .map(({ name }) => LOG_LIKELIHOOD + name)
    .flatMap((name) => {
      const tensor = tensors.get(name);
      return tensor?.type === 'float32' ? [[name, tensor] as const] : [];
    });
  return {
    feeds: { image: take('image', 'uint8', [1, 3, height, width]) },
    expected: {
      score: take('score', 'float32', [1]),
      anomaly_map: take('anomaly_map', 'float32', [1, height, width]),
      ...Object.fromEntries(layers),
    },
    ...manifest.probe,
    tolerances: Object.fromEntries(
      layers.map(([name, { data }]) => [
        name,
        toleranceOf(
          data as Float32Array,
          manifest.precisionMode ? ROUNDED_LIKELIHOOD_TOLERANCE : LIKELIHOOD_TOLERANCE,
        ),
      ]),
    ),
  };
}

function toleranceOf(likelihoods: Float32Array, relativeTolerance: number): ProbeTolerance {
  const squares = likelihoods.reduce((sum, value) => sum + value * value, 0);
  const rms = Math.sqrt(squares / Math.max(1, likelihoods.length));
  // NaN is refused by name when the probe is run.
  const absoluteTolerance = Number.isFinite(rms) ? relativeTolerance * rms : 0;
  return { absoluteTolerance, relativeTolerance };
}

function probeTensors(bytes: Uint8Array, bundle: string): Safetensors['tensors'] {
  try {
    return readSafetensors(bytes).tensors;
  } catch (cause) {
    throw new BundleError(`the golden probe of bundle "${bundle}" cannot be read; get the bundle again`, {
      cause,
      details: { file: BUNDLE_FILES.probe },
    });
  }
}
