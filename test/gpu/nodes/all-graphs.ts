// Every kind of graph that training and scoring run, small in everything but the network itself.
import {
  ARCHITECTURES,
  buildBackbone,
  type DecoderShape,
  decoderTensorName,
  float32ToFloat16,
  headGraph,
  initialParameters,
  likelihoodGraph,
  trainingGraph,
  type WeightSource,
} from '@cflow/model';
import { openBackbone } from '@cflow/model/node';
import { elementCount, float32, type Graph, type Tensor } from '@cflow/onnx';
import type { Device } from '@cflow/spec';
import {
  isUnrolled,
  stateInRows,
  UNROLLED_STEPS,
} from '../../../packages/training/src/decoder/take-steps.js';

export interface NamedGraph {
  /** `backbone/resnet18/float16`, `training/hard/freia-cflow/4 steps` … */
  name: string;
  build(): Promise<Graph>;
}

const SIZE = [64, 64] as const;
const MAP = { height: 4, width: 4 };
const FIBERS = 8;
const PRECISIONS = ['float32', 'float16'] as const;

/** Where operators run does not depend on what the weights are, and zeros are made at once. */
const zeroWeights: WeightSource = {
  timm: true,
  convolution: (_names, dims) => ({ weight: zeros(dims), bias: zeros([dims[0]!]) }),
};

const SHAPES: readonly (readonly [name: string, shape: DecoderShape])[] = (
  ['freia-cflow', 'freia-flow'] as const
).flatMap((kind) =>
  [false, true].map((permuteSoft) => [
    `${permuteSoft ? 'soft' : 'hard'}/${kind}`,
    {
      kind,
      channels: 17,
      conditionVector: kind === 'freia-cflow' ? 32 : 0,
      couplingBlocks: 2,
      clampAlpha: 1.9,
      permuteSoft,
    },
  ]),
);

/**
 * How much of it: all of it; all graphs, but of ResNets, which have the same operators all the way down, only the first
 * two stages; or the smallest of each kind.
 */
export const EXTENTS = ['all', 'shallow', 'quick'] as const;
export type Extent = (typeof EXTENTS)[number];

/** The graphs of a device. */
export function allGraphs(device: Device, extent: Extent): NamedGraph[] {
  const graphs = [...backbones(extent), ...heads(), ...likelihoods(), ...trainings(device)];
  return extent === 'quick' ? graphs.filter(({ name }) => QUICK.test(name)) : graphs;
}

const QUICK = /^backbone\/mobilenet_v2\/float16|^(head|likelihood|training)\/hard\/freia-cflow/;

function backbones(extent: Extent): NamedGraph[] {
  const nameOf = (name: string, precision: string): string => `backbone/${name}/${precision}`;
  const builtIn = ARCHITECTURES.flatMap((architecture) =>
    PRECISIONS.map((precision) => ({
      name: nameOf(architecture.name, precision),
      build: async () => {
        const shallow = extent === 'shallow' && architecture.name.includes('resnet');
        const layers = shallow ? ['layer1', 'layer2'] : architecture.defaultLayers;
        return buildBackbone(architecture, zeroWeights, { layers, inputSize: SIZE, precision }).graph;
      },
    })),
  );
  const embedded = PRECISIONS.map((precision) => ({
    name: nameOf('embedded', precision),
    build: async () => {
      const opened = await openBackbone({ name: 'embedded', preTrained: true, seed: 0 });
      return (await opened.build({ inputSize: SIZE, precision })).graph;
    },
  }));
  return [...builtIn, ...embedded];
}

function heads(): NamedGraph[] {
  return SHAPES.flatMap(([name, decoder]) =>
    PRECISIONS.map((precision) => ({
      name: `head/${name}/${precision}`,
      build: async () => {
        const parameters = new Map<string, Tensor>();
        for (const [parameter, tensor] of initialParameters(decoder, 0, 'layer')) {
          parameters.set(decoderTensorName('layer', parameter), stored(tensor, precision));
        }
        return headGraph({
          layers: [{ name: 'layer', decoder, ...MAP }],
          imageSize: SIZE,
          normalization: { kind: 'fixed', maxLogLikelihood: [0], maxLikelihood: 1 },
          parameters,
        });
      },
    })),
  );
}

function likelihoods(): NamedGraph[] {
  return SHAPES.map(([name, shape]) => ({
    name: `likelihood/${name}`,
    build: async () => likelihoodGraph(shape),
  }));
}

/** The graphs that the trainer makes for the device: unrolled, of some steps and of one, or with a Loop. */
function trainings(device: Device): NamedGraph[] {
  const counts = isUnrolled(device) ? [UNROLLED_STEPS, 1] : [undefined];
  return SHAPES.flatMap(([name, shape]) =>
    counts.map((unrolledSteps) => ({
      name: `training/${name}/${unrolledSteps === undefined ? 'loop' : `${unrolledSteps} steps`}`,
      build: async () => trainingOf(shape, unrolledSteps, stateInRows(device)),
    })),
  );
}

/** The training graph with a Loop, which devices without one do not use. */
export const LOOP_GRAPH: NamedGraph = {
  name: 'training/hard/freia-cflow/loop',
  build: async () => trainingOf((SHAPES[0] as (typeof SHAPES)[number])[1], undefined, false),
};

function trainingOf(shape: DecoderShape, unrolledSteps: number | undefined, inRows: boolean): Graph {
  return trainingGraph(shape, {
    ...MAP,
    fiberBatchSize: FIBERS,
    stateInRows: inRows,
    ...(unrolledSteps !== undefined && { unrolledSteps }),
  });
}

function stored(tensor: Tensor, precision: (typeof PRECISIONS)[number]): Tensor {
  if (precision === 'float32' || tensor.type !== 'float32') return tensor;
  return { type: 'float16', dims: tensor.dims, data: float32ToFloat16(tensor.data as Float32Array) };
}

function zeros(dims: readonly number[]): ReturnType<typeof float32> {
  return float32(dims, new Float32Array(elementCount(dims)));
}
