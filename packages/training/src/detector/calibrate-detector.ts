import { Scorer } from '@cflow/detector';
import {
  anomalyMap,
  type DecoderShape,
  type FeatureLayer,
  type HeadNormalization,
  headGraph,
  type LayerStandard,
  type MapNormalization,
  standardTensorName,
} from '@cflow/model';
import { Graph, op, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime, Session } from '@cflow/runtime';
import type { Fusion, Geometry, LayerLogLikelihood, PictureRegion, RgbImage } from '@cflow/spec';
import { LayerStandardEstimate } from './layer-standards.js';

export interface CalibrateDetectorOptions {
  runtime: Runtime;
  backbone: Session;
  layers: readonly (FeatureLayer & { decoder: DecoderShape })[];
  parameters: ReadonlyMap<string, Tensor>;
  inputSize: readonly [number, number];
  geometry?: Geometry | undefined;
  /** The part of the picture that counts. */
  region?: PictureRegion | undefined;
  fusion: Fusion;
  /** Good images to find the largest likelihoods on. */
  images: AsyncIterable<RgbImage[]>;
  /** Good images that were trained on, to learn from what is usual at each position. Read for `standardized` only. */
  trainImages: () => AsyncIterable<RgbImage[]>;
}

/** The constants of a detector's map. */
export interface CalibratedMap {
  normalization: HeadNormalization;
  /** Per layer: the largest log-likelihood on good images. */
  maxLogLikelihood: number[];
  /** The largest fused likelihood on good images; its logarithm where the fusion is `standardized`. */
  maxLikelihood: number;
  /** What the head takes beside the decoders' parameters. */
  standards: Map<string, Tensor>;
}

/**
 * The constants that make a map independent of its batch: the largest log-likelihood of each layer and the largest
 * fused likelihood over good images, which the reference takes over whatever shares the batch. Where likelihoods are
 * standardized: what is usual at each position, and the largest logarithm of the fused likelihood.
 */
export async function calibrateNormalization(options: CalibrateDetectorOptions): Promise<CalibratedMap> {
  const { runtime, backbone, layers, parameters, inputSize, geometry, fusion, region } = options;
  const head = headGraph({ layers, imageSize: inputSize, parameters });
  const session = await runtime.createSession({ model: writeModel(head) });
  const scorer = new Scorer({ backbone, head: session, inputSize, geometry, region });
  const found: LayerLogLikelihood[][] = [];
  for await (const batch of options.images) {
    for (const { layers: each } of await scorer.score(batch, { layers: true }))
      found.push(each as LayerLogLikelihood[]);
  }
  const standards =
    fusion === 'standardized'
      ? await standardsOf(layers, scorer, options.trainImages())
      : new Map<string, Tensor>();
  await session.dispose();
  const maxLogLikelihood = layers.map((_, layer) =>
    found.reduce(
      (max, image) => Math.max(max, maximum((image[layer] as LayerLogLikelihood).data)),
      Number.NEGATIVE_INFINITY,
    ),
  );
  const normalize = (graph: Graph): MapNormalization =>
    fusion === 'standardized'
      ? { kind: 'standardized', standards: standardsIn(graph, layers, standards), maxLikelihood: 0 }
      : { kind: 'fixed', maxLogLikelihood, maxLikelihood: 0 };
  const maxLikelihood = await largestFusedLikelihood(runtime, layers, inputSize, normalize, found);
  const normalization: HeadNormalization =
    fusion === 'standardized'
      ? { kind: 'standardized', maxLikelihood }
      : { kind: 'fixed', maxLogLikelihood, maxLikelihood };
  return { normalization, maxLogLikelihood, maxLikelihood, standards };
}

/** What is usual in each layer, over images as they come. */
async function standardsOf(
  layers: readonly FeatureLayer[],
  scorer: Scorer,
  images: AsyncIterable<RgbImage[]>,
): Promise<Map<string, Tensor>> {
  const estimates = layers.map((layer) => new LayerStandardEstimate(layer));
  for await (const batch of images) {
    for (const { layers: found } of await scorer.score(batch, { layers: true })) {
      estimates.forEach((estimate, layer) => {
        estimate.add(found?.[layer] as LayerLogLikelihood);
      });
    }
  }
  return new Map(estimates.flatMap((estimate) => estimate.tensors()));
}

function standardsIn(
  graph: Graph,
  layers: readonly FeatureLayer[],
  standards: ReadonlyMap<string, Tensor>,
): LayerStandard[] {
  return layers.map(({ name }) => {
    const constant = (part: 'mean' | 'deviation') =>
      graph.constant(standards.get(standardTensorName(name, part)) as Tensor, `${name}.${part}`);
    return { mean: constant('mean'), deviation: constant('deviation') };
  });
}

/**
 * The maximum over images of Σ m, of standardized likelihoods of log Σ m, through the same graph that makes the map: with
 * a top of 0 the map is the negative of it.
 */
async function largestFusedLikelihood(
  runtime: Runtime,
  layers: readonly FeatureLayer[],
  inputSize: readonly [number, number],
  normalize: (graph: Graph) => MapNormalization,
  found: readonly LayerLogLikelihood[][],
): Promise<number> {
  const graph = new Graph('fusion');
  const inputs = layers.map(({ height, width }, i) =>
    graph.input(`layer${i}`, 'float32', ['batch', 1, height, width]),
  );
  const map = anomalyMap(inputs, inputSize, normalize(graph));
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
