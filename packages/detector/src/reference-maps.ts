import { anomalyMap } from '@cflow/model';
import { Graph, op, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import { ConfigurationError, type LayerLogLikelihood, type RgbImage, type ScalarMap } from '@cflow/spec';
import type { Detector } from './detector.js';

/** Maps and scores as the reference gives them: they hold for this batch of images and no other. */
export interface ReferenceMaps {
  maps: ScalarMap[];
  /** Maximum of each map. */
  scores: number[];
}

/**
 * Scores images as one batch under the reference's normalization, by the maxima over the batch, for comparison with
 * anomalib. Thresholds and probabilities of the bundle do not apply to such scores.
 */
export async function referenceMaps(detector: Detector, images: readonly RgbImage[]): Promise<ReferenceMaps> {
  const logLikelihoods = await detector.logLikelihoods(images);
  return fuseAsReference(detector.runtime, logLikelihoods, detector.manifest.configuration.inputSize);
}

/**
 * Fuses log-likelihoods of a batch into maps under the reference's normalization.
 *
 * @param logLikelihoods per image, then per layer; layers have the same sizes in all images
 * @param imageSize [height, width] of the maps
 */
export async function fuseAsReference(
  runtime: Runtime,
  logLikelihoods: readonly (readonly LayerLogLikelihood[])[],
  imageSize: readonly [number, number],
): Promise<ReferenceMaps> {
  const [first] = logLikelihoods;
  if (!first) throw new ConfigurationError('the reference normalization needs a batch of at least one image');
  const graph = new Graph('reference_map');
  const inputs = first.map(({ layer, height, width }) =>
    graph.input(layer, 'float32', ['batch', 1, height, width]),
  );
  const map = anomalyMap(inputs, imageSize, { kind: 'reference' });
  graph.output('anomaly_map', map);
  graph.output('score', op.ReduceMax(map, [1, 2]));
  const session = await runtime.createSession({ model: writeModel(graph) });
  try {
    const outputs = await session.run(
      Object.fromEntries(first.map(({ layer }, index) => [layer, stack(logLikelihoods, index)])),
    );
    const [height, width] = imageSize;
    const maps = (outputs.anomaly_map as Tensor).data as Float32Array;
    return {
      maps: logLikelihoods.map((_, image) => ({
        width,
        height,
        data: maps.slice(image * height * width, (image + 1) * height * width),
      })),
      scores: [...((outputs.score as Tensor).data as Float32Array)],
    };
  } finally {
    await session.dispose();
  }
}

/** One layer of all images, [batch, 1, h, w]. */
function stack(logLikelihoods: readonly (readonly LayerLogLikelihood[])[], index: number): Tensor {
  const [{ height, width }] = [logLikelihoods[0]?.[index] as LayerLogLikelihood];
  const data = new Float32Array(logLikelihoods.length * height * width);
  logLikelihoods.forEach((layers, image) => {
    data.set((layers[index] as LayerLogLikelihood).data, image * height * width);
  });
  return { type: 'float32', dims: [logLikelihoods.length, 1, height, width], data };
}
