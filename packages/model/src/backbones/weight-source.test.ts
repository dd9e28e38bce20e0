import type { Tensor } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { formulaImage, formulaTensor } from '../testing/formula-tensor.js';
import { formulaWeights } from '../testing/formula-weights.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import { StateDict } from '../weights/state-dict.js';
import { buildBackbone } from './build-backbone.js';
import { findArchitecture } from './registry.js';
import { resnet } from './resnet.js';
import { traceArchitecture } from './trace.js';
import { randomSource, stateDictSource } from './weight-source.js';

const tiny = resnet('tiny', { depths: [1, 1, 1, 1], channels: [8, 8, 16, 16], bottleneck: true });
const sourceOf = (weights: ReadonlyMap<string, Tensor>) =>
  stateDictSource(new StateDict(weights, { architecture: 'tiny' }));
const featuresOf = async (weights: ReadonlyMap<string, Tensor>) => {
  const { graph } = buildBackbone(tiny, sourceOf(weights), { inputSize: [64, 64], layers: ['layer3'] });
  return numbers(await runGraph(graph, { image: formulaImage(64, 64) }), 'layer3');
};

const deviation = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('weights from a file', () => {
  it('are the same whether the norms are in the file or folded in already', async () => {
    const separate = formulaWeights(tiny, 'timm');
    const source = sourceOf(separate);
    const folded = new Map<string, Tensor>();
    for (const { conv, norm, dims } of traceArchitecture(tiny, 'timm').convolutions) {
      const { weight, bias } = source.convolution({ conv, ...(norm && { norm }) }, dims, 1, 1e-5);
      folded.set(`${conv}.weight`, weight).set(`${conv}.bias`, bias);
    }
    expect(await featuresOf(folded)).toEqual(await featuresOf(separate));
  });

  it('take the bias of a convolution along into its norm', async () => {
    const weights = formulaWeights(tiny, 'timm');
    const moved = new Map(weights);
    const bias = formulaTensor('layer2.0.conv2.bias', [8]);
    const mean = weights.get('layer2.0.bn2.running_mean') as Tensor;
    // A bias of b and a mean that is larger by b cancel out.
    const larger = (mean.data as Float32Array).map((value, i) => value + bias.data[i]!);
    moved.set('layer2.0.conv2.bias', bias).set('layer2.0.bn2.running_mean', { ...mean, data: larger });
    const [a, b] = [await featuresOf(weights), await featuresOf(moved)];
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-4);
  });

  it('are named when missing or of another shape', () => {
    const weights = formulaWeights(tiny, 'timm');
    weights.delete('layer2.0.bn3.running_var');
    expect(() => buildBackbone(tiny, sourceOf(weights), { inputSize: [64, 64] })).toThrow(
      /"layer2\.0\.bn3\.running_var" of shape \[32\]/,
    );
    weights.set('layer2.0.bn3.running_var', formulaTensor('x.running_var', [31]));
    expect(() => buildBackbone(tiny, sourceOf(weights), { inputSize: [64, 64] })).toThrow(WeightsError);
  });
});

// What timm 1.0.31 does for create_model(name, pretrained=False).
describe('weights before training', () => {
  const source = randomSource(7);

  it('are the same for a seed, others for another, whatever else is made', () => {
    const dims = [16, 8, 3, 3];
    const first = source.convolution({ conv: 'a', norm: 'n' }, dims, 1, 1e-5).weight.data;
    source.convolution({ conv: 'b', norm: 'n' }, dims, 1, 1e-5);
    expect(randomSource(7).convolution({ conv: 'a', norm: 'n' }, dims, 1, 1e-5).weight.data).toEqual(first);
    expect(randomSource(8).convolution({ conv: 'a', norm: 'n' }, dims, 1, 1e-5).weight.data).not.toEqual(
      first,
    );
    expect(source.convolution({ conv: 'b', norm: 'n' }, dims, 1, 1e-5).weight.data).not.toEqual(first);
  });

  it('follow the fan out of one group', () => {
    const plain = source.convolution({ conv: 'a', norm: 'n' }, [128, 64, 3, 3], 1, 0).weight.data;
    expect(deviation(plain)).toBeCloseTo(Math.sqrt(2 / (128 * 9)), 3);
    // timm's depthwise convolution of 72 channels with a 5x5 kernel: 0.2828.
    const depthwise = source.convolution({ conv: 'd', norm: 'n' }, [720, 1, 5, 5], 720, 0).weight.data;
    expect(deviation(depthwise)).toBeCloseTo(Math.sqrt(2 / 25), 2);
  });

  it('leave a convolution without norm unscaled, with a bias of zero', () => {
    const [a, b] = [1e-5, 0.5].map((epsilon) =>
      source.convolution({ conv: 'se' }, [8, 32, 1, 1], 1, epsilon),
    );
    expect(a).toEqual(b);
    expect(a?.bias.data).toEqual(new Float32Array(8));
  });

  it('let every residual block start as its shortcut', async () => {
    const { graph } = buildBackbone(tiny, source, { inputSize: [64, 64], layers: ['layer3'] });
    for (const [name, { data }] of graph.initializers) {
      if (/layer\d\.\d\.conv3\.weight/.test(name)) expect(deviation(data as Float32Array)).toBe(0);
    }
    const features = numbers(await runGraph(graph, { image: formulaImage(64, 64) }), 'layer3');
    expect(deviation(features)).toBeGreaterThan(0.01);
  });

  it.each(['resnet18', 'mobilenet_v2', 'mobilenet_v3_large'])(
    'keep %s alive down to its last layer',
    async (name) => {
      const { graph, layers } = buildBackbone(findArchitecture(name), source, { inputSize: [64, 64] });
      const outputs = await runGraph(graph, { image: formulaImage(64, 64) });
      for (const layer of layers) {
        const spread = deviation(numbers(outputs, layer.name));
        expect(spread, layer.name).toBeGreaterThan(1e-3);
        expect(spread, layer.name).toBeLessThan(1e3);
      }
    },
  );
});
