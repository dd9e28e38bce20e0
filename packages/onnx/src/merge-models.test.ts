import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, OperatorSetIdProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { readModel } from './foreign/read-model.js';
import { Graph } from './graph.js';
import { internalizeWeights } from './internalize-weights.js';
import { mergeModels } from './merge-models.js';
import * as op from './operators/index.js';
import { float32, type Tensor } from './tensor.js';
import { runModel } from './testing/run-model.js';
import { writeModel } from './write-model.js';

// Both halves use the same names inside on purpose.
function doubling(): Uint8Array {
  const graph = new Graph('first');
  const x = graph.input('x', 'float32', ['n']);
  graph.output('features', op.Mul(x, graph.constant(float32([], [2]), 'factor')));
  return writeModel(graph);
}

function repeatedly(): Uint8Array {
  const graph = new Graph('second');
  const features = graph.input('features', 'float32', ['n']);
  const factor = graph.constant(float32([], [3]), 'factor');
  const { carried } = op.Loop(
    graph.constant({ type: 'int64', dims: [], data: BigInt64Array.of(2n) }),
    [features],
    (_, __, [before]) => ({ carried: [op.Mul(before!, factor)] }),
  );
  graph.output('y', carried[0]!);
  graph.output('unwanted', op.Neg(features));
  return writeModel(graph);
}

const numbers = (tensor: Tensor | undefined): number[] => Array.from(tensor?.data as Float32Array);

const feeds = { x: float32([2], [1, -0.5]) };

describe('mergeModels', () => {
  it('computes what the two compute one after the other, graphs inside nodes included', async () => {
    const outputs = await runModel(mergeModels(doubling(), repeatedly()), feeds);
    expect(numbers(outputs.y)).toEqual([18, -9]);
    expect(numbers(outputs.unwanted)).toEqual([-2, 1]);
  });

  it('gives the outputs asked for only, and carries the metadata', async () => {
    const merged = mergeModels(doubling(), repeatedly(), { outputs: ['y'], metadata: { key: 'some text' } });
    expect(Object.keys(await runModel(merged, feeds))).toEqual(['y']);
    const turned = mergeModels(doubling(), repeatedly(), { outputs: ['unwanted', 'y'] });
    expect(Object.keys(await runModel(turned, feeds))).toEqual(['unwanted', 'y']);
    expect(Buffer.from(merged).includes('some text')).toBe(true);
  });

  it('keeps outputs of the first beside those of the second', async () => {
    const merged = mergeModels(doubling(), repeatedly(), { outputs: ['y'], keep: ['features'] });
    const outputs = await runModel(merged, feeds);
    expect(Object.keys(outputs)).toEqual(['y', 'features']);
    expect(numbers(outputs.features)).toEqual([2, -1]);
    expect(() => mergeModels(doubling(), repeatedly(), { keep: ['z'] })).toThrow('does not give "z"');
  });

  it('goes by the newer operator set where ours meets one that came after it', async () => {
    const at = (model: Uint8Array, version: bigint, producerName = 'other'): Uint8Array => {
      const message = fromBinary(ModelProtoSchema, model);
      return toBinary(ModelProtoSchema, {
        ...message,
        producerName,
        opsetImport: [create(OperatorSetIdProtoSchema, { version })],
      });
    };
    const newer = mergeModels(at(doubling(), 20n), repeatedly());
    expect(numbers((await runModel(newer, feeds)).y)).toEqual([18, -9]);
    expect(readModel(newer).operatorSets.get('')).toBe(20);
    expect(readModel(mergeModels(doubling(), at(repeatedly(), 20n))).operatorSets.get('')).toBe(20);
    // A stranger's operators may mean something else there.
    expect(() => mergeModels(at(doubling(), 18n), at(repeatedly(), 20n))).toThrow('versions 18 and 20');
    expect(() => mergeModels(at(doubling(), 10n), repeatedly())).toThrow('versions 10 and 18');
  });

  it.each([11, 12, 13, 17])('writes ours as operator set %i has them', async (version) => {
    const graph = new Graph('second');
    const features = graph.input('features', 'float32', ['n']);
    const rows = op.Reshape(features, [1, 2]);
    const [first, second] = op.Split(rows, [1, 1], 1);
    graph.output('sum', op.ReduceSum(rows, [1]));
    graph.output('largest', op.ReduceMax(rows, [1]));
    graph.output('mean', op.ReduceMean(rows, [0, 1]));
    graph.output('difference', op.Sub(first!, second!));
    const older = toBinary(ModelProtoSchema, {
      ...fromBinary(ModelProtoSchema, doubling()),
      producerName: 'other',
      opsetImport: [create(OperatorSetIdProtoSchema, { version: BigInt(version) })],
    });
    const merged = mergeModels(older, writeModel(graph));
    expect(readModel(merged).operatorSets.get('')).toBe(version);
    const outputs = await runModel(merged, feeds);
    // The features are 2 and -1.
    expect(numbers(outputs.sum)).toEqual([1]);
    expect(numbers(outputs.largest)).toEqual([2]);
    expect(numbers(outputs.mean)).toEqual([0.5]);
    expect(numbers(outputs.difference)).toEqual([3]);
  });

  it('refuses an operator of ours that an older set does not have', () => {
    const graph = new Graph('second');
    const x = graph.input('features', 'float32', ['n']);
    graph.output('y', op.Resize(op.Reshape(x, [1, 1, 1, 2]), 2, 4, 'align_corners'));
    const older = toBinary(ModelProtoSchema, {
      ...fromBinary(ModelProtoSchema, doubling()),
      producerName: 'other',
      opsetImport: [create(OperatorSetIdProtoSchema, { version: 12n })],
    });
    expect(() => mergeModels(older, writeModel(graph))).toThrow('"Resize" is written for operator set 18');
  });

  it('leaves out constants that nothing uses', () => {
    const graph = new Graph('wasteful');
    graph.constant(float32([], [5]), 'never_used');
    graph.output('y', op.Neg(graph.input('features', 'float32', ['n'])));
    const model = writeModel(graph);
    expect(Buffer.from(model).includes('never_used')).toBe(true);
    expect(Buffer.from(mergeModels(doubling(), model)).includes('never_used')).toBe(false);
  });

  it('refuses what does not fit', () => {
    expect(() => mergeModels(repeatedly(), doubling())).toThrow('takes "x"');
    expect(() => mergeModels(doubling(), repeatedly(), { outputs: ['z'] })).toThrow('does not give "z"');
  });
});

describe('internalizeWeights', () => {
  const weights = new Uint8Array(Float32Array.of(0, 7).buffer);
  function external(offset: number): Uint8Array {
    const graph = new Graph('external');
    const x = graph.input('x', 'float32', ['n']);
    graph.output('y', op.Mul(x, graph.constant(float32([], [7]), 'factor')));
    const ranges = new Map([['factor', { offset, length: 4 }]]);
    return writeModel(graph, { external: { location: 'weights.bin', ranges } });
  }

  it('makes a model that needs no other file', async () => {
    const model = internalizeWeights(external(4), new Map([['weights.bin', weights]]));
    expect(Buffer.from(model).includes('weights.bin')).toBe(false);
    expect(numbers((await runModel(model, feeds)).y)).toEqual([7, -3.5]);
  });

  it('names what is missing or cut short', () => {
    expect(() => internalizeWeights(external(4), new Map())).toThrow('"weights.bin"');
    expect(() => internalizeWeights(external(8), new Map([['weights.bin', weights]]))).toThrow('8 bytes');
  });

  it('refuses more than an ONNX file can hold, before it copies anything', () => {
    const graph = new Graph('large');
    const x = graph.input('x', 'float32', ['n']);
    graph.output('y', op.Mul(x, graph.constant(float32([], [7]), 'factor')));
    const ranges = new Map([['factor', { offset: 0, length: 2 ** 31 }]]);
    const model = writeModel(graph, { external: { location: 'large.bin', ranges } });
    // Pages of zeros that are never touched take no memory.
    const file = new Uint8Array(2 ** 31);
    expect(() => internalizeWeights(model, new Map([['large.bin', file]]))).toThrow('2147483648 bytes');
  });
});
