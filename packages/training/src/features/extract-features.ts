import { type ImageBatchOptions, imageBatch, seenLayers } from '@cflow/detector';
import type { FeatureLayer } from '@cflow/model';
import { Graph, mergeModels, op, type Tensor, writeModel } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import { type RgbImage, TrainingError } from '@cflow/spec';
import { allFinite } from '../all-finite.js';
import { type TrainingBackbone, tiledInput } from '../backbone/training-backbone.js';
import { valuesPerImage } from './feature-source.js';

const FIBERS = 'fibers.';

/**
 * The backbone with its maps turned into fibers, [batch, h · w, C], one row per position as decoders are trained on
 * them: the same file of weights serves both.
 */
export function fiberBackbone(backbone: Omit<TrainingBackbone, 'weights'>): {
  model: Uint8Array;
  named: (layer: string) => string;
} {
  const graph = new Graph('fibers');
  for (const { name, channels, height, width } of seenLayers(tiledInput(backbone), backbone.layers)) {
    const map = graph.input(name, 'float32', ['batch', channels, height, width]);
    const rows = op.Transpose(op.Reshape(map, ['batch', channels, height * width]), [0, 2, 1]);
    graph.output(FIBERS + name, rows);
  }
  return { model: mergeModels(backbone.model, writeModel(graph)), named: (layer) => FIBERS + layer };
}

/**
 * Features as rows, per layer [images · h · w, C].
 * @param session of a `fiberBackbone`
 * @param how the geometry, and the fill of the region that counts, see `regionFill`
 * @throws TrainingError when they are not finite, or not of the shape that the layers say
 */
export async function extractFeatures(
  session: Session,
  layers: readonly FeatureLayer[],
  images: readonly RgbImage[],
  inputSize: readonly [number, number],
  how: Pick<ImageBatchOptions, 'geometry' | 'fill'> = {},
): Promise<Float32Array[]> {
  const outputs = await session.run({ image: imageBatch(images, inputSize, how) }, { consumeFeeds: true });
  return layers.map((layer) => {
    const { name } = layer;
    const rows = (outputs[FIBERS + name] as Tensor).data as Float32Array;
    if (rows.length !== images.length * valuesPerImage(layer)) {
      throw new TrainingError(
        `the backbone gives ${rows.length / images.length} values per image in layer ${name}, expected ${valuesPerImage(layer)}`,
        { details: { layer: name } },
      );
    }
    if (!allFinite(rows)) {
      throw new TrainingError(
        `the features of layer ${name} are not finite; the backbone's weights do not work here`,
        { details: { layer: name } },
      );
    }
    return rows;
  });
}
