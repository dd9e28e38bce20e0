import { readSafetensors, type Safetensors } from '@cflow/model/safetensors';
import type { Tensor } from '@cflow/onnx';
import type { GoldenProbe } from '@cflow/runtime';
import { BUNDLE_FILES, BundleError } from '@cflow/spec';
import type { VerifiedBundle } from './bundle.js';

/**
 * The input of the probe and the outputs that it must give.
 * @throws BundleError when the file is no probe for this bundle
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
  return {
    feeds: { image: take('image', 'uint8', [1, 3, height, width]) },
    expected: {
      score: take('score', 'float32', [1]),
      anomaly_map: take('anomaly_map', 'float32', [1, height, width]),
    },
    ...manifest.probe,
  };
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
