// A checkpoint as anomalib writes it: a ResNet-18 up to its first or second stage, and decoders, with numbers made by chance.
import { elementCount, type Float32Tensor, type Tensor } from '@cflow/onnx';
import { findArchitecture } from '../backbones/registry.js';
import { traceArchitecture } from '../backbones/trace.js';
import { type DecoderShape, permutationShapes } from '../decoder/decoder-shape.js';
import { randomStream, uniform } from '../weights/random.js';
import { trainedLikeParameters } from './random-decoder.js';
import type { Pickled } from './write-torch-file.js';

export interface MadeCheckpoint {
  /** What torch.save gets. */
  value: Record<string, Pickled>;
  stateDict: Map<string, Tensor>;
  /** Of each decoder, by the names here: permutations as indices. */
  parameters: Record<string, Tensor>[];
  shapes: DecoderShape[];
}

export interface MakeCheckpointOptions {
  /** Of a ResNet-18; each with a decoder. Default `layer1`. */
  layers?: readonly ('layer1' | 'layer2')[];
  permuteSoft?: boolean;
  couplingBlocks?: number;
}

const CHANNELS = { layer1: 64, layer2: 128 } as const;

export function makeAnomalibCheckpoint(options: MakeCheckpointOptions = {}): MadeCheckpoint {
  const { layers = ['layer1'], permuteSoft = false, couplingBlocks = 2 } = options;
  const stateDict = new Map<string, Tensor>();
  const put = (name: string, tensor: Tensor) => stateDict.set(`model.${name}`, tensor);
  for (const { conv, norm, dims } of traceArchitecture(findArchitecture('resnet18'), 'timm').convolutions) {
    const stage = Number(/^layer(\d)/.exec(conv)?.[1] ?? 0);
    if (stage > Math.max(...layers.map((layer) => Number(layer.at(-1))))) continue;
    const encoder = (name: string) => `encoder.feature_extractor.${name}`;
    const channels = [dims[0]!];
    const fan = elementCount(dims.slice(1));
    put(encoder(`${conv}.weight`), between(dims, conv, -1.5 / Math.sqrt(fan), 1.5 / Math.sqrt(fan)));
    put(encoder(`${norm}.weight`), between(channels, `${norm}.weight`, 0.5, 1));
    put(encoder(`${norm}.bias`), between(channels, `${norm}.bias`, -0.2, 0.2));
    put(encoder(`${norm}.running_mean`), between(channels, `${norm}.mean`, -0.1, 0.1));
    put(encoder(`${norm}.running_var`), between(channels, `${norm}.var`, 0.5, 1.5));
    put(encoder(`${norm}.num_batches_tracked`), { type: 'int64', dims: [], data: BigInt64Array.of(7n) });
  }
  const shapes = layers.map(
    (layer): DecoderShape => ({
      kind: 'freia-cflow',
      channels: CHANNELS[layer],
      conditionVector: 16,
      couplingBlocks,
      clampAlpha: 1.5,
      permuteSoft,
    }),
  );
  const parameters = shapes.map((shape, index) => {
    const own = trainedLikeParameters(shape, 3 + index);
    for (const [name, tensor] of Object.entries(own)) {
      if (!/w_perm/.test(name)) put(`decoders.${index}.${name}`, tensor);
    }
    permutationShapes(shape).forEach(([name], block) => {
      const matrix = permuteSoft ? (own[name] as Float32Tensor) : dense(own[name] as Tensor);
      put(`decoders.${index}.module_list.${block}.w_perm`, matrix);
      put(`decoders.${index}.module_list.${block}.w_perm_inv`, transposed(matrix));
    });
    return own;
  });
  stateDict.set('post_processor.image_min', { type: 'float32', dims: [], data: Float32Array.of(Number.NaN) });
  const value = {
    epoch: 2,
    'pytorch-lightning_version': '2.6.6',
    state_dict: stateDict,
    loops: { fit_loop: { epoch_progress: { current: { processed: 3 } } } },
    optimizer_states: [],
    hyper_parameters: {
      backbone: 'resnet18',
      layers: [...layers],
      pre_trained: true,
      fiber_batch_size: 64,
      decoder: 'freia-cflow',
      condition_vector: 16,
      coupling_blocks: couplingBlocks,
      clamp_alpha: 1.5,
      permute_soft: permuteSoft,
      lr: 0.0002,
    },
    anomalib_pre_processor_config: {
      transform: transformSpec('Compose', {
        transforms: [
          transformSpec('Resize', {
            size: [32, 48],
            interpolation: 'bilinear',
            max_size: null,
            antialias: true,
          }),
          transformSpec('Normalize', { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.5], inplace: false }),
        ],
      }),
    },
  } satisfies Record<string, Pickled>;
  return { value, stateDict, parameters, shapes };
}

/** A transform as anomalib describes it. */
export function transformSpec(kind: string, settings: Record<string, Pickled>): Record<string, Pickled> {
  return { class_path: `torchvision.transforms.v2.${kind}`, init_args: settings };
}

function between(dims: readonly number[], name: string, low: number, high: number): Float32Tensor {
  const random = randomStream(11, name);
  return {
    type: 'float32',
    dims,
    data: Float32Array.from({ length: elementCount(dims) }, () => uniform(random, low, high)),
  };
}

function dense({ data }: Tensor): Float32Tensor {
  const size = data.length;
  const matrix = new Float32Array(size * size);
  for (let row = 0; row < size; row++) matrix[row * size + Number(data[row])] = 1;
  return { type: 'float32', dims: [size, size], data: matrix };
}

function transposed({ dims, data }: Float32Tensor): Float32Tensor {
  const [size = 0] = dims;
  return {
    type: 'float32',
    dims,
    data: Float32Array.from(data, (_, i) => data[(i % size) * size + Math.floor(i / size)]!),
  };
}
