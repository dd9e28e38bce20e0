import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  type FunctionProto,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { Graph } from '../graph.js';
import { GraphError } from '../graph-error.js';
import * as op from '../operators/index.js';
import { float32, type Tensor } from '../tensor.js';
import { runGraph } from '../testing/run-graph.js';
import { writeModel } from '../write-model.js';
import { extractModel } from './extract-model.js';
import { importModel } from './import-model.js';
import { readModel } from './read-model.js';
import { readTensor } from './read-tensor.js';

const image = float32(
  [2, 3, 6, 6],
  Float32Array.from({ length: 216 }, (_, i) => Math.sin(i)),
);

/** Two convolutions with a shortcut, and a classifier that the feature extractor does not need. */
function network(): Graph {
  const graph = new Graph('network');
  const x = graph.input('x', 'float32', ['batch', 3, 6, 6]);
  const weight = (dims: number[], name: string) =>
    graph.constant(
      float32(
        dims,
        Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.cos(i * i)),
      ),
      name,
    );
  const a = op.Relu(op.Conv(x, weight([4, 3, 3, 3], 'a.weight'), undefined, { pads: [1, 1, 1, 1] }));
  const b = op.Conv(a, weight([4, 4, 3, 3], 'b.weight'), weight([4], 'b.bias'), { pads: [1, 1, 1, 1] });
  graph.output('a', a);
  graph.output('sum', op.Add(a, b));
  const pooled = op.Reshape(op.GlobalAveragePool(op.Add(a, b)), ['batch', 4]);
  graph.output('logits', op.MatMul(pooled, weight([4, 10], 'head.weight')));
  return graph;
}

/** The model's tensor in a graph that adds 1 before it and doubles it after. */
function around(bytes: Uint8Array, tap: string, shape: (number | string)[]): Graph {
  const model = extractModel(readModel(bytes), [tap]);
  const graph = new Graph('around');
  const x = graph.input('x', 'float32', ['batch', 3, 6, 6]);
  const values = new Map(
    [...model.initializers].map(([name, t]) => [name, graph.constant(readTensor(t), name)]),
  );
  values.set('x', op.Add(x, graph.scalar(1)));
  const [made] = importModel(graph, model, values, new Map([[tap, { type: 'float32', shape }]])).values();
  if (!made) throw new Error('nothing made');
  graph.output('y', op.Mul(made, graph.scalar(2)));
  graph.output('raw', made);
  return graph;
}

const plusOne = { ...image, data: image.data.map((value) => value + 1) };

interface Parts {
  nodes: MessageInitShape<typeof NodeProtoSchema>[];
  operatorSets?: Record<string, number>;
  functions?: FunctionProto[];
}

/** A model straight from messages, with one input x. */
function message({ nodes, operatorSets = { '': 18 }, functions = [] }: Parts): Uint8Array {
  const graph = create(GraphProtoSchema, {
    name: 'g',
    node: nodes.map((node) => create(NodeProtoSchema, node)),
    input: [create(ValueInfoProtoSchema, { name: 'x' })],
  });
  const opsetImport = Object.entries(operatorSets).map(([domain, version]) => ({
    domain,
    version: BigInt(version),
  }));
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport, functions, graph }),
  );
}

describe('a foreign model in a graph', () => {
  it('computes what it computes by itself', async () => {
    const bytes = writeModel(network());
    const found = await runGraph(around(bytes, 'sum', ['batch', 4, 6, 6]), { x: image });
    const expected = await runGraph(network(), { x: plusOne });
    const sum = [...(expected.sum as Tensor).data].map(Number);
    // Not to the last bit: the runtime fuses what an output does not keep apart.
    sum.forEach((value, i) => {
      expect(found.raw?.data[i]).toBeCloseTo(value, 4);
      expect(found.y?.data[i]).toBeCloseTo(2 * value, 4);
    });
  });

  it('is cut behind what is asked for', () => {
    const model = readModel(writeModel(network()));
    const cut = extractModel(model, ['sum', 'a']);
    expect(cut.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['a', ['batch', 4, 6, 6]],
      ['sum', ['batch', 4, 6, 6]],
    ]);
    expect(cut.nodes.map(({ opType }) => opType)).toEqual(['Conv', 'Relu', 'Conv', 'Add']);
    expect([...cut.initializers.keys()]).toEqual(['a.weight', 'b.weight', 'b.bias']);
    expect([...extractModel(model, ['a']).initializers.keys()]).toEqual(['a.weight']);
    expect(() => extractModel(model, ['a', 'nothing'])).toThrow(/"nothing"/);
    expect(() => extractModel(model, ['x'])).toThrow(GraphError);
  });

  it('keeps branches that use values from outside them, under names that do not clash', async () => {
    const branch = (opType: string) =>
      create(GraphProtoSchema, {
        name: opType,
        node: [
          create(NodeProtoSchema, { opType, input: ['one', 'x'], output: ['inside'] }),
          create(NodeProtoSchema, { opType: 'Neg', input: ['inside'], output: ['branch'] }),
        ],
        output: [create(ValueInfoProtoSchema, { name: 'branch' })],
      });
    const attribute = (name: string, opType: string) =>
      create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: branch(opType) });
    const scalar = (name: string, dataType: number, rawData: Uint8Array<ArrayBuffer>) => ({
      opType: 'Constant',
      output: [name],
      attribute: [
        create(AttributeProtoSchema, {
          name: 'value',
          type: AttributeType.TENSOR,
          t: create(TensorProtoSchema, { dataType, rawData }),
        }),
      ],
    });
    const bytes = message({
      nodes: [
        scalar('yes', 9, Uint8Array.of(1)),
        scalar('one', 1, new Uint8Array(Float32Array.of(10).buffer)),
        {
          opType: 'If',
          input: ['yes'],
          output: ['y'],
          attribute: [attribute('then_branch', 'Sub'), attribute('else_branch', 'Add')],
        },
      ],
    });
    const { y } = await runGraph(around(bytes, 'y', ['batch', 3, 6, 6]), { x: image });
    expect(y?.data).toEqual(plusOne.data.map((value) => 2 * -Math.fround(10 - value)));
  });

  it('keeps the functions that it calls, and no others', async () => {
    const define = (name: string, opType: string) =>
      create(FunctionProtoSchema, {
        name,
        domain: 'mine',
        input: ['a'],
        output: ['b'],
        opsetImport: [{ domain: '', version: 18n }],
        node: [create(NodeProtoSchema, { opType, input: ['a', 'a'], output: ['b'] })],
      });
    const bytes = message({
      operatorSets: { '': 18, mine: 1 },
      functions: [define('Double', 'Add'), define('Square', 'Mul')],
      nodes: [{ opType: 'Double', domain: 'mine', input: ['x'], output: ['y'] }],
    });
    const cut = extractModel(readModel(bytes), ['y']);
    expect(cut.functions.map(({ name }) => name)).toEqual(['Double']);
    const { y } = await runGraph(around(bytes, 'y', ['batch', 3, 6, 6]), { x: image });
    expect(y?.data).toEqual(plusOne.data.map((value) => 4 * value));
  });

  it('loses the remarks of its exporter', () => {
    const secret = '/home/someone/train.py';
    const bytes = message({
      nodes: [
        {
          opType: 'Relu',
          input: ['x'],
          output: ['y'],
          docString: secret,
          metadataProps: [{ key: 'stack', value: secret }],
        },
      ],
    });
    const written = writeModel(around(bytes, 'y', ['batch', 3, 6, 6]));
    expect(Buffer.from(bytes).includes(secret)).toBe(true);
    expect(Buffer.from(written).includes(secret)).toBe(false);
  });

  it('sets the operator set, and refuses one that is too old', async () => {
    const relu = [{ opType: 'Relu', input: ['x'], output: ['y'] }];
    const at = (version: number) => message({ nodes: relu, operatorSets: { '': version } });
    const written = readModel(writeModel(around(at(20), 'y', ['batch', 3, 6, 6])));
    expect(written.operatorSets.get('')).toBe(20);
    expect(() => around(at(10), 'y', ['batch', 3, 6, 6])).toThrow(/operator set 10, and 11/);

    const old = around(at(11), 'y', ['batch', 3, 6, 6]);
    expect((await runGraph(old, { x: image })).raw?.data).toEqual(
      plusOne.data.map((value) => Math.max(0, value)),
    );
    const [made] = old.outputs;
    if (made) old.output('resized', op.ReduceMax(made.value, [1]));
    expect(() => writeModel(old)).toThrow(/operator set 11, and ReduceMax beside it needs 18/);
  });

  it('needs something for each of its inputs', () => {
    const model = extractModel(readModel(writeModel(network())), ['a']);
    const graph = new Graph('around');
    const values = new Map([['x', graph.input('x', 'float32', [1, 3, 6, 6])]]);
    const types = new Map([['a', { type: 'float32', shape: [1, 4, 6, 6] } as const]]);
    expect(() => importModel(graph, model, values, types)).toThrow(/"a.weight"/);
  });
});

describe('readModel', () => {
  const good = writeModel(network());

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('{"not": "a model"}')],
    ['a model cut short', good.subarray(0, good.length - 5)],
    [
      'a model without operator set',
      message({ nodes: [{ opType: 'Relu', input: ['x'], output: ['y'] }], operatorSets: {} }),
    ],
    [
      'nodes out of order',
      message({
        nodes: [
          { opType: 'Relu', input: ['y'], output: ['z'] },
          { opType: 'Relu', input: ['x'], output: ['y'] },
        ],
      }),
    ],
    [
      'a name made twice',
      message({
        nodes: [
          { opType: 'Relu', input: ['x'], output: ['y'] },
          { opType: 'Neg', input: ['x'], output: ['y'] },
        ],
      }),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(() => readModel(bytes)).toThrow(GraphError);
  });

  it('refuses a constant in another file where nobody would look for it', () => {
    const t = create(TensorProtoSchema, {
      dataType: 1,
      dataLocation: DataLocation.EXTERNAL,
      externalData: [{ key: 'location', value: '/etc/passwd' }],
    });
    const hidden = create(AttributeProtoSchema, { name: 'value', type: AttributeType.TENSOR, t });
    const inner = create(GraphProtoSchema, {
      node: [create(NodeProtoSchema, { opType: 'Constant', output: ['c'], attribute: [hidden] })],
    });
    const branch = create(AttributeProtoSchema, { name: 'then_branch', type: AttributeType.GRAPH, g: inner });
    for (const attribute of [hidden, branch]) {
      const bytes = message({
        nodes: [{ opType: 'Any', input: ['x'], output: ['y'], attribute: [attribute] }],
      });
      expect(() => readModel(bytes)).toThrow(/another file/);
    }
  });

  it('gives a model or a GraphError, whatever the bytes', () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        readModel(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(GraphError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = good.slice();
        for (const [at, value] of list) bytes[at] = value;
        attempt(bytes);
      }),
      { numRuns: 300 },
    );
  });
});
