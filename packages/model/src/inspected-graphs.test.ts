// Whatever is built here has to pass the inspection that strangers' graphs get: bundles are made of it.
import { elementCount, float32, type Tensor, writeModel } from '@cflow/onnx';
import { type Feed, inspectGraph } from '@cflow/onnx/inspect';
import { describe, expect, it } from 'vitest';
import type { Architecture } from './backbones/architecture.js';
import type { BackboneOptions } from './backbones/backbone.js';
import { buildBackbone } from './backbones/build-backbone.js';
import { embeddedArchitecture } from './backbones/embedded.js';
import { ARCHITECTURES } from './backbones/registry.js';
import type { WeightSource } from './backbones/weight-source.js';
import { decoderTensorName, type HeadOptions, headGraph, standardTensorName } from './scoring/head-graph.js';
import { smallDecoder, trainedLikeParameters } from './testing/random-decoder.js';
import { loadEmbeddedBackbone } from './weights/embedded-cache.js';

function expectAccepted(
  model: Uint8Array,
  inputs: ReadonlyMap<string, Feed>,
  outputs: ReadonlyMap<string, Feed>,
): void {
  const { work, liveBytes } = inspectGraph(model, { inputs, outputs, batches: [1, 8] });
  expect(work).toBeGreaterThan(0);
  expect(liveBytes).toBeGreaterThan(0);
}

const pixels = ([height, width]: readonly [number, number]): Map<string, Feed> =>
  new Map([['image', { type: 'uint8', dims: ['batch', 3, height, width] }]]);

/** Values are nothing to the inspection, and sixty million random ones take longer than all that is looked at. */
const ZEROS: WeightSource = {
  timm: true,
  convolution: (_names, dims) => ({ weight: zeros(dims), bias: zeros([dims[0]!]) }),
};
const zeros = (dims: readonly number[]) => float32(dims, new Float32Array(elementCount(dims)));

describe('every backbone', () => {
  const inputSize = [96, 128] as const;
  const build = (architecture: Architecture, options: Partial<BackboneOptions> = {}): void => {
    const layers = [...architecture.layers];
    const backbone = buildBackbone(architecture, ZEROS, {
      layers,
      inputSize,
      precision: 'float16',
      ...options,
    });
    const maps = backbone.layers.map(({ name, channels, height, width }): [string, Feed] => [
      name,
      {
        type: 'float32',
        dims:
          options.outputs === 'fibers'
            ? ['batch', height * width, channels]
            : ['batch', channels, height, width],
      },
    ]);
    expectAccepted(writeModel(backbone.graph), pixels(inputSize), new Map(maps));
  };

  it.each(ARCHITECTURES)('$name passes the inspection, all its layers tapped', (architecture) => {
    build(architecture);
  });

  it('also the embedded one, and one that gives fibers', async () => {
    build(embeddedArchitecture((await loadEmbeddedBackbone()).graph));
    build(ARCHITECTURES[0] as Architecture, { outputs: 'fibers', precision: 'float32' });
  });
});

describe('every head', () => {
  const sizes = { shallow: [8, 12], deep: [4, 6] } as const;

  function head(more: Partial<HeadOptions>, decoder = smallDecoder({ couplingBlocks: 3 })): void {
    const parameters = new Map<string, Tensor>();
    for (const [layer, [height, width]] of Object.entries(sizes)) {
      for (const [part, tensor] of Object.entries(trainedLikeParameters(decoder, 1))) {
        parameters.set(decoderTensorName(layer, part), tensor);
      }
      const data = new Float32Array(height * width).fill(1);
      parameters.set(standardTensorName(layer, 'mean'), {
        type: 'float32',
        dims: [1, 1, height, width],
        data,
      });
      parameters.set(standardTensorName(layer, 'deviation'), {
        type: 'float32',
        dims: [1],
        data: Float32Array.of(1),
      });
    }
    const layers = Object.entries(sizes).map(([name, [height, width]]) => ({ name, decoder, height, width }));
    const graph = headGraph({ layers, imageSize: [32, 48], parameters, ...more });
    const inputs = layers.map(({ name, height, width }): [string, Feed] => [
      name,
      { type: 'float32', dims: ['batch', decoder.channels, height, width] },
    ]);
    const outputs = layers.map(({ name, height, width }): [string, Feed] => [
      `log_likelihood.${name}`,
      { type: 'float32', dims: ['batch', 1, height, width] },
    ]);
    if (more.normalization) {
      outputs.push(['anomaly_map', { type: 'float32', dims: ['batch', 32, 48] }]);
      outputs.push(['score', { type: 'float32', dims: ['batch'] }]);
    }
    expectAccepted(writeModel(graph), new Map(inputs), new Map(outputs));
  }

  const fixed = { kind: 'fixed', maxLogLikelihood: [-1, -1], maxLikelihood: 2 } as const;

  it('passes the inspection, of every kind of fusion and of decoder', () => {
    head({});
    head({ normalization: fixed });
    head({ normalization: { kind: 'standardized', maxLikelihood: 2 } });
    head({ normalization: fixed }, smallDecoder({ conditionVector: 0 }));
    head({ normalization: fixed }, smallDecoder({ permuteSoft: true }));
  });
});
