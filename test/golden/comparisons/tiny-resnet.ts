// The whole of CFLOW on a small ResNet: a normalized image in, features, log-likelihoods, map and score out.
import {
  buildBackbone,
  type DecoderShape,
  decoderTensorName,
  headGraph,
  LOG_LIKELIHOOD,
  likelihoodGraph,
  permutationShapes,
  positionalEncoding,
  resnet,
  StateDict,
  stateDictSource,
  trainableShapes,
} from '@cflow/model';
import { float32, type Graph, type Tensor } from '@cflow/onnx';
import { channelsLast } from '../channels-last.js';
import { type Comparison, type ComparisonSource, largestDifference } from '../comparison.js';
import type { GoldenFile } from '../golden-set.js';
import { type OpenGraph, openGraph, runGraph, type Tensors, values } from '../run-graph.js';

const FILE = 'cflow_resnet18_tiny';
const IMAGE_SIZE = [64, 64] as const;
const LAYERS = [
  { name: 'layer2', channels: 32, size: 8 },
  { name: 'layer3', channels: 64, size: 4 },
  { name: 'layer4', channels: 128, size: 2 },
] as const;

export const tinyResNetComparisons: ComparisonSource = (set) =>
  set.has(FILE) ? [{ name: 'small ResNet, whole model', compare: () => compare(set.file(FILE)) }] : [];

async function compare(file: GoldenFile): Promise<Comparison[]> {
  const backbone = await openGraph(backboneGraph(file));
  const head = await openGraph(
    headGraph({
      layers: LAYERS.map(({ name, channels, size }) => ({
        name,
        decoder: decoderShape(channels),
        height: size,
        width: size,
      })),
      imageSize: IMAGE_SIZE,
      normalization: { kind: 'reference' },
      parameters: headParameters(file),
    }),
  );
  try {
    const input = file.tensor('input');
    const { features, scores } = await score(backbone, head, input);
    const comparisons = LAYERS.flatMap(({ name }) => [
      against(file, `features of ${name}`, values(features, name), `features.${name}`),
      against(
        file,
        `log-likelihoods of ${name}`,
        values(scores, LOG_LIKELIHOOD + name),
        `log_likelihood.${name}`,
      ),
    ]);
    for (let index = 0; index < LAYERS.length; index++) comparisons.push(await fiberwise(file, index));
    comparisons.push(...mapComparisons(file, scores, 'batch of 2', ''));
    // Under the reference's normalization an image alone has another map than in a batch.
    for (let image = 0; image < 2; image++) {
      const alone = await score(backbone, head, one(input, image));
      comparisons.push(...mapComparisons(file, alone.scores, `image ${image} alone`, `single${image}.`));
    }
    return comparisons;
  } finally {
    await backbone.release();
    await head.release();
  }
}

/** The unfolded decoder of a layer, fiber by fiber, on the reference's own features. */
async function fiberwise(file: GoldenFile, index: number): Promise<Comparison> {
  const { name, channels, size } = LAYERS[index] as (typeof LAYERS)[number];
  const shape = decoderShape(channels);
  const features = channelsLast(file.tensor(`features.${name}`));
  const fibers = features.dims[0]!;
  const encoding = positionalEncoding(shape.conditionVector, size, size);
  const condition = new Float32Array(fibers * shape.conditionVector);
  for (let start = 0; start < condition.length; start += encoding.length) condition.set(encoding, start);
  const feeds: Tensors = { features, condition: float32([fibers, shape.conditionVector], condition) };
  for (const parameter of parameterNames(shape)) {
    feeds[parameter] = file.tensor(`decoders.${index}.${parameter}`);
  }
  const found = values(await runGraph(likelihoodGraph(shape), feeds), 'log_likelihood');
  return against(file, `log-likelihoods of ${name}, fiber by fiber`, found, `log_likelihood.${name}`);
}

async function score(
  backbone: OpenGraph,
  head: OpenGraph,
  input: Tensor,
): Promise<{ features: Tensors; scores: Tensors }> {
  const features = await backbone.run({ image: input });
  return { features, scores: await head.run(features) };
}

function against(file: GoldenFile, name: string, found: Float32Array, expected: string): Comparison {
  return { name, largestDifference: largestDifference(found, file.expected(expected)), tolerance: 1e-5 };
}

function mapComparisons(file: GoldenFile, scores: Tensors, what: string, prefix: string): Comparison[] {
  return [
    against(file, `anomaly map, ${what}`, values(scores, 'anomaly_map'), `${prefix}anomaly_map`),
    against(file, `score, ${what}`, values(scores, 'score'), `${prefix}pred_score`),
  ];
}

/** Image `index` of a batch, as a batch of one. */
function one({ type, dims, data }: Tensor, index: number): Tensor {
  const size = dims.slice(1).reduce((product, dim) => product * dim, 1);
  return {
    type,
    dims: [1, ...dims.slice(1)],
    data: (data as Float32Array).slice(index * size, (index + 1) * size),
  };
}

/** The golden images are normalized already, so this takes numbers where a backbone takes pixels. */
function backboneGraph(file: GoldenFile): Graph {
  const weights = file.names.filter((name) => name.startsWith('backbone.'));
  const dict = new StateDict(
    new Map(weights.map((name) => [name.slice('backbone.'.length), file.tensor(name)])),
    { architecture: FILE },
  );
  const architecture = resnet(FILE, { depths: [2, 2, 2, 2], channels: [16, 32, 64, 128], bottleneck: false });
  const { graph } = buildBackbone(architecture, stateDictSource(dict), {
    layers: LAYERS.map(({ name }) => name),
    inputSize: IMAGE_SIZE,
    input: 'normalized',
  });
  const unused = dict.unused();
  if (unused.length > 0) throw new Error(`the backbone took no notice of ${unused.join(', ')}`);
  return graph;
}

function decoderShape(channels: number): DecoderShape {
  return {
    kind: 'freia-cflow',
    channels,
    conditionVector: 128,
    couplingBlocks: 4,
    clampAlpha: 1.9,
    permuteSoft: false,
  };
}

function parameterNames(shape: DecoderShape): string[] {
  return [...trainableShapes(shape), ...permutationShapes(shape)].map(([name]) => name);
}

function headParameters(file: GoldenFile): Map<string, Tensor> {
  const parameters = new Map<string, Tensor>();
  LAYERS.forEach(({ name: layer, channels }, index) => {
    const shape = decoderShape(channels);
    for (const name of parameterNames(shape)) {
      parameters.set(decoderTensorName(layer, name), file.tensor(`decoders.${index}.${name}`));
    }
  });
  return parameters;
}
