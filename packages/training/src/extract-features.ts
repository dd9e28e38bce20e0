import { imageBatch } from '@cflow/detector';
import type { FeatureLayer } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import { type RgbImage, TrainingError } from '@cflow/spec';
import { allFinite } from './all-finite.js';

/**
 * Features as rows, per layer [images · h · w, C].
 * @param session a backbone whose outputs are fibres
 * @throws TrainingError when they are not finite
 */
export async function extractFeatures(
  session: Session,
  layers: readonly FeatureLayer[],
  images: readonly RgbImage[],
  inputSize: readonly [number, number],
): Promise<Float32Array[]> {
  const outputs = await session.run({ image: imageBatch(images, inputSize) }, { consumeFeeds: true });
  return layers.map(({ name }) => {
    const rows = (outputs[name] as Tensor).data as Float32Array;
    if (!allFinite(rows)) {
      throw new TrainingError(
        `the features of layer ${name} are not finite; the backbone's weights do not work here`,
        { details: { layer: name } },
      );
    }
    return rows;
  });
}
