import { Scorer } from '@cflow/detector';
import {
  anomalyMap,
  type DecoderShape,
  type FeatureLayer,
  headGraph,
  type MapNormalization,
} from '@cflow/model';
import { Graph, op, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime, Session } from '@cflow/runtime';
import type { LayerLogLikelihood, RgbImage } from '@cflow/spec';

export interface CalibrateDetectorOptions {
  runtime: Runtime;
  backbone: Session;
  layers: readonly (FeatureLayer & { decoder: DecoderShape })[];
  parameters: ReadonlyMap<string, Tensor>;
  inputSize: readonly [number, number];
  images: AsyncIterable<RgbImage[]>;
}

/**
 * The constants that make a map independent of its batch: the largest log-likelihood of each layer and the largest
 * fused likelihood over good images. The reference takes both over whatever shares the batch.
 */
export async function calibrateNormalization(
  options: CalibrateDetectorOptions,
): Promise<Extract<MapNormalization, { kind: 'fixed' }>> {
  const { runtime, backbone, layers, parameters, inputSize } = options;
  const head = headGraph({ layers, imageSize: inputSize, parameters });
  const session = await runtime.createSession({ model: writeModel(head) });
  const scorer = new Scorer({ backbone, head: session, inputSize });
  const found: LayerLogLikelihood[][] = [];
  for await (const batch of options.images) {
    for (const { layers: each } of await scorer.score(batch, { layers: true }))
      found.push(each as LayerLogLikelihood[]);
  }
  await session.dispose();
  const maxLogLikelihood = layers.map((_, layer) =>
    found.reduce(
      (max, image) => Math.max(max, maximum((image[layer] as LayerLogLikelihood).data)),
      Number.NEGATIVE_INFINITY,
    ),
  );
  const maxLikelihood = await largestFusedLikelihood(runtime, layers, inputSize, maxLogLikelihood, found);
  return { kind: 'fixed', maxLogLikelihood, maxLikelihood };
}

/** The maximum of Σ m over images, through the same graph that makes the map: with a top of 0 the map is -Σ m. */
async function largestFusedLikelihood(
  runtime: Runtime,
  layers: readonly FeatureLayer[],
  inputSize: readonly [number, number],
  maxLogLikelihood: readonly number[],
  found: readonly LayerLogLikelihood[][],
): Promise<number> {
  const graph = new Graph('fusion');
  const inputs = layers.map(({ height, width }, i) =>
    graph.input(`layer${i}`, 'float32', ['batch', 1, height, width]),
  );
  const map = anomalyMap(inputs, inputSize, { kind: 'fixed', maxLogLikelihood, maxLikelihood: 0 });
  graph.output('largest', op.ReduceMax(op.Neg(map), [1, 2]));
  const session = await runtime.createSession({ model: writeModel(graph) });
  let largest = Number.NEGATIVE_INFINITY;
  for (const image of found) {
    const feeds = Object.fromEntries(
      image.map(({ width, height, data }, i) => [
        `layer${i}`,
        { type: 'float32', dims: [1, 1, height, width], data } as const,
      ]),
    );
    const outputs = await session.run(feeds);
    largest = Math.max(largest, maximum((outputs.largest as Tensor).data as Float32Array));
  }
  await session.dispose();
  return largest;
}

function maximum(values: Float32Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > max) max = value;
  return max;
}
