import { type ForeignModel, Graph, op, readModel, writeModel } from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { describe, expect, it, vi } from 'vitest';
import { formulaImage, formulaTensor } from '../testing/formula-tensor.js';
import { caught, fixture, network } from '../testing/onnx-network.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import { runModel } from '../testing/run-model.js';
import { suggestTaps } from './check-taps.js';
import { findImageInput } from './find-image-input.js';
import { buildOnnxBackbone, type OnnxNetwork } from './onnx-backbone.js';

/** A small network by our own builder, for images of one fixed size, with a second input and a head. */
function own(options: { batch?: number; type?: 'float32' | 'float16' } = {}): Graph {
  const { batch = 'n', type = 'float32' } = options;
  const graph = new Graph('own');
  const x = graph.input('pixels', type, [batch, 3, 64, 64]);
  const other = graph.input('other', 'float32', [1]);
  const weight = (name: string, dims: number[]) =>
    op.Cast(graph.constant(formulaTensor(name, dims), name), type);
  const strided = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;
  const a = op.Relu(op.Conv(x, weight('a.weight', [8, 3, 3, 3]), weight('a.bias', [8]), strided));
  const b = op.Relu(op.Conv(a, weight('b.weight', [16, 8, 3, 3]), weight('b.bias', [16]), strided));
  graph.output('a', a);
  graph.output('b', b);
  graph.output('shifted', op.Add(op.Cast(b, 'float32'), other));
  graph.output('pooled', op.Reshape(op.GlobalAveragePool(b), [batch, 16]));
  graph.output('constant', op.Mul(graph.constant(formulaTensor('c.bias', [4]), 'c'), graph.scalar(2)));
  return graph;
}

describe('layers of an ONNX file', () => {
  const build = (layers: string[], more: Partial<OnnxNetwork> = {}) =>
    buildOnnxBackbone(network(writeModel(own()), more), { inputSize: [64, 64], layers });

  it('have to be named, and the error suggests some', async () => {
    const error = await caught(build([]));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).details.suggested).toEqual(['a', 'b', 'shifted']);
    const { model } = network(fixture('torch-net.onnx'));
    expect(suggestTaps(model)).toEqual([
      '/Relu_output_0',
      '/stage1/HardSwish_output_0',
      '/stage2/HardSwish_output_0',
      '/stage3/HardSwish_output_0',
    ]);
  });

  it.each([
    [['aa', 'b'], /no tensor "aa".*Near names|no tensor "aa"/],
    [['pixels'], /no tensor "pixels"/],
    [['a', 'a'], /named twice/],
    [['pooled'], /"pooled" is float32 \[2, 16\].*feature map/],
    [['shifted'], /depend on "other"/],
    [['constant'], /depend on no input at all/],
  ])('refuses %j', async (layers, message) => {
    const error = await caught(build(layers));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(message);
  });

  it('need a free batch size', async () => {
    const bytes = writeModel(own({ batch: 1 }));
    // The runtime itself makes nothing of the fixed size in the trunk, so this model works.
    const { layers } = await buildOnnxBackbone(network(bytes), { inputSize: [64, 64], layers: ['b'] });
    expect(layers).toEqual([{ name: 'b', channels: 16, height: 16, width: 16 }]);

    const graph = new Graph('one');
    const x = graph.input('x', 'float32', [1, 3, 64, 64]);
    graph.output('y', op.Relu(op.Reshape(x, [1, 12, 32, 32])));
    const error = await caught(
      buildOnnxBackbone(network(writeModel(graph)), { inputSize: [64, 64], layers: ['y'] }),
    );
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(/exported for one image/);
  });

  it('are found without a runtime where the file says everything', async () => {
    const options = { inputSize: [64, 64], layers: ['a', 'b'] } as const;
    const declared = await buildOnnxBackbone(network(writeModel(own()), { run: undefined }), options);
    expect(declared.layers).toEqual((await buildOnnxBackbone(network(writeModel(own())), options)).layers);
    const error = await caught(
      buildOnnxBackbone(network(fixture('torch-net.onnx'), { run: undefined }), {
        inputSize: [64, 64],
        layers: ['/stage1/HardSwish_output_0'],
      }),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('`run`');
  });

  it('are measured in one run of nothing but what is needed', async () => {
    const run = vi.fn(runModel);
    await build(['a'], { run });
    expect(run).toHaveBeenCalledTimes(1);
    const [bytes] = run.mock.calls[0] ?? [];
    expect(readModel(bytes as Uint8Array).nodes.map(({ opType }) => opType)).toEqual(['Conv', 'Relu']);
  });
});

describe('the image', () => {
  it('has the size that the file was exported for', async () => {
    const error = await caught(
      buildOnnxBackbone(network(writeModel(own())), { inputSize: [64, 96], layers: ['a'] }),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('64 x 64');
  });

  it('goes into a float16 model, and float32 features come out', async () => {
    const opened = network(writeModel(own({ type: 'float16' })));
    const { graph } = await buildOnnxBackbone(opened, { inputSize: [64, 64], layers: ['b'] });
    const exact = await buildOnnxBackbone(network(writeModel(own())), { inputSize: [64, 64], layers: ['b'] });
    const image = formulaImage(64, 64);
    const half = numbers(await runGraph(graph, { image }), 'b');
    const full = numbers(await runGraph(exact.graph, { image }), 'b');
    expect(half).not.toEqual(full);
    half.forEach((value, i) => {
      expect(value).toBeCloseTo(full[i]!, 1);
    });
  });

  const inputs = (
    ...list: [name: string, type: 'float32' | 'uint8', shape: (number | string)[]][]
  ): ForeignModel => ({
    ...readModel(writeModel(own())),
    inputs: list.map(([name, type, shape]) => ({ name, type, shape })),
  });

  it('is the one input that it can be', () => {
    const model = inputs(['mask', 'float32', [1]], ['x', 'float32', ['n', 3, '?', '?']]);
    expect(findImageInput('f', model).name).toBe('x');
  });

  it('is the input that was named', () => {
    const model = inputs(['x', 'float32', ['n', 3, 8, 8]], ['y', 'float32', ['n', 3, 8, 8]]);
    expect(findImageInput('f', model, 'y').name).toBe('y');
    expect(() => findImageInput('f', model)).toThrow(ConfigurationError);
    expect(() => findImageInput('f', model, 'z')).toThrow(/has no input "z".*"x".*"y"/);
  });

  it.each([
    ['channels last', inputs(['x', 'float32', ['n', 8, 8, 3]])],
    ['gray', inputs(['x', 'float32', ['n', 1, 8, 8]])],
    ['bytes', inputs(['x', 'uint8', ['n', 3, 8, 8]])],
    ['nothing', inputs()],
  ])('cannot be %s', (_, model) => {
    expect(() => findImageInput('f', model)).toThrow(WeightsError);
  });
});
