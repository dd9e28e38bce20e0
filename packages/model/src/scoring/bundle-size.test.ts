// What a detector's weights take on the disk, byte for byte, with zeros for numbers: sizes do not depend on them.
import { float32, int64, type Tensor, writeModel } from '@cflow/onnx';
import { expect, it } from 'vitest';
import { buildBackbone } from '../backbones/build-backbone.js';
import { findArchitecture } from '../backbones/registry.js';
import type { WeightSource } from '../backbones/weight-source.js';
import { type DecoderShape, permutationShapes, trainableShapes } from '../decoder/decoder-shape.js';
import { writeSafetensors } from '../weights/safetensors.js';
import { decoderTensorName } from './head-graph.js';

const elements = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

const zeros: WeightSource = {
  timm: false,
  convolution: (_names, dims) => ({
    weight: float32(dims, new Float32Array(elements(dims))),
    bias: float32([dims[0]!], new Float32Array(dims[0]!)),
  }),
};

function weightBytes(network: string): number {
  const { graph, layers } = buildBackbone(findArchitecture(network), zeros, {
    layers: ['layer2', 'layer3', 'layer4'],
    inputSize: [256, 256],
    precision: 'float16',
  });
  const decoders = new Map<string, Tensor>();
  for (const { name, channels } of layers) {
    const shape: DecoderShape = {
      kind: 'freia-cflow',
      channels,
      conditionVector: 128,
      couplingBlocks: 8,
      clampAlpha: 1.9,
      permuteSoft: false,
    };
    for (const [parameter, dims] of trainableShapes(shape)) {
      const data = new Uint16Array(elements(dims));
      decoders.set(decoderTensorName(name, parameter), { type: 'float16', dims, data });
    }
    for (const [parameter, dims] of permutationShapes(shape)) {
      decoders.set(decoderTensorName(name, parameter), int64(dims, new BigInt64Array(elements(dims))));
    }
  }
  return writeModel(graph).length + writeSafetensors(decoders).length;
}

it.each([
  ['resnet18', 40e6],
  ['wide_resnet50_2', 300e6],
])('the weights of a %s detector in float16 take at most %d bytes', (network, most) => {
  const bytes = weightBytes(network);
  expect(bytes).toBeLessThanOrEqual(most);
  // And not far less, or something is missing.
  expect(bytes).toBeGreaterThan(0.98 * most);
});
