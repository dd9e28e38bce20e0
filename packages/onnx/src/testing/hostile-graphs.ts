// Graphs that strangers could send, each doing one thing that no graph from outside may do, and what is said of it.
import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  FunctionProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
} from 'onnx-buf';
import { float32, int64 } from '../tensor.js';
import { type PlainGraph, type PlainModel, type PlainNode, plainModel, plainNode } from './plain-model.js';

export interface HostileGraph {
  name: string;
  bytes: Uint8Array;
  /** What the refusal says. */
  message: RegExp;
}

/** What the graphs take and give, so that nothing but what is hostile is wrong with them. */
export type HostileGraphSetting = Required<Pick<PlainModel, 'inputs' | 'outputs'>>;

const SECRET = '/etc/passwd';
const i64 = (...values: number[]) => int64([values.length], values);

/** A tensor of four bytes that lies in a file of the server. */
function elsewhere(name: string, location = SECRET) {
  return create(TensorProtoSchema, {
    name,
    dataType: 1,
    dims: [1n],
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: location },
      { key: 'offset', value: '0' },
      { key: 'length', value: '4' },
    ],
  });
}

const body = (graph: PlainGraph = {}): PlainGraph => ({
  name: 'body',
  initializer: [elsewhere('secret')],
  node: [plainNode('Identity', ['secret'], ['leak'])],
  output: [{ name: 'leak' }],
  ...graph,
});

function withGraph(opType: string, attribute: string, g: PlainGraph, inputs: string[] = ['yes']): PlainNode {
  return {
    opType,
    name: `the ${opType}`,
    input: inputs,
    output: ['made'],
    attribute: [create(AttributeProtoSchema, { name: attribute, type: AttributeType.GRAPH, g } as never)],
  };
}

const sparse = create(SparseTensorProtoSchema, {
  values: elsewhere('secret'),
  indices: elsewhere('places'),
  dims: [4n],
});

/** The hostile graphs, by what they do. */
export function hostileGraphs({ inputs, outputs }: HostileGraphSetting): HostileGraph[] {
  const [image = 'image'] = Object.keys(inputs);
  const graph = (
    name: string,
    message: RegExp,
    nodes: PlainNode[],
    more: Partial<PlainModel> = {},
  ): HostileGraph => ({
    name,
    message,
    bytes: plainModel({ inputs, outputs, nodes, ...more }),
  });
  const sized = (opType: string, ...sizes: Parameters<typeof i64>): HostileGraph =>
    graph(
      `${opType} of ${sizes}`,
      /"the (ConstantOfShape|Expand|Tile)".*(accepted|no tensor can have)/,
      [
        opType === 'ConstantOfShape'
          ? plainNode(opType, ['sizes'], ['made'])
          : plainNode(opType, ['one', 'sizes'], ['made']),
      ],
      {
        constants: {
          sizes: i64(...sizes),
          one: float32(
            sizes.map(() => 1),
            [1],
          ),
        },
      },
    );
  const unknown = (opType: string, inputsOf: string[], domain = ''): HostileGraph =>
    graph(
      `the operator ${domain}.${opType}`,
      new RegExp(`not accepted: "${domain ? `${domain}\\.` : ''}${opType}"`),
      [plainNode(opType, inputsOf, ['made'], {}, { domain })],
    );
  const flow = (opType: string): HostileGraph =>
    graph(`external data in the graph of ${opType}`, new RegExp(`"the ${opType}".*control flow`), [
      withGraph(opType, opType === 'If' ? 'then_branch' : 'body', body()),
    ]);
  return [
    flow('If'),
    flow('Loop'),
    flow('Scan'),
    flow('SequenceMap'),
    graph('a loop without an end', /"the Loop".*control flow/, [
      withGraph('Loop', 'body', body({ initializer: [], node: [plainNode('Identity', ['yes'], ['leak'])] })),
    ]),
    graph('external data in a graph under an honest name', /"the Add".*"hidden"/, [
      { ...withGraph('Add', 'hidden', body(), ['one', 'one']) },
    ]),
    graph(
      'external data in a function',
      /functions of its own, such as "Leak"/,
      [plainNode('Leak', [image], ['made'], {}, { domain: 'own' })],
      {
        model: {
          functions: [
            create(FunctionProtoSchema, {
              name: 'Leak',
              domain: 'own',
              output: ['leak'],
              node: [
                {
                  opType: 'Constant',
                  output: ['leak'],
                  attribute: [
                    create(AttributeProtoSchema, {
                      name: 'value',
                      type: AttributeType.TENSOR,
                      t: elsewhere('secret'),
                    }),
                  ],
                },
              ],
            }),
          ],
        },
      },
    ),
    graph(
      'a function that calls itself',
      /functions of its own, such as "Again"/,
      [plainNode('Again', [image], ['made'], {}, { domain: 'own' })],
      {
        model: {
          functions: [
            create(FunctionProtoSchema, {
              name: 'Again',
              domain: 'own',
              node: [{ opType: 'Again', domain: 'own', output: ['again'] }],
            }),
          ],
        },
      },
    ),
    graph(
      'external data in a sparse constant',
      /sparse constants/,
      [plainNode('Identity', ['secret'], ['made'])],
      {
        graph: { sparseInitializer: [sparse] },
      },
    ),
    graph('external data in a sparse attribute', /"the Constant".*"sparse_value"/, [
      {
        ...plainNode('Constant', [], ['made']),
        attribute: [
          create(AttributeProtoSchema, {
            name: 'sparse_value',
            type: AttributeType.SPARSE_TENSOR,
            sparseTensor: sparse,
          }),
        ],
      },
    ]),
    graph('external data in an attribute', /"the Constant".*"\/etc\/passwd"/, [
      {
        ...plainNode('Constant', [], ['made']),
        attribute: [
          create(AttributeProtoSchema, {
            name: 'value',
            type: AttributeType.TENSOR,
            t: elsewhere('secret'),
          }),
        ],
      },
    ]),
    graph('external data in a list of tensors', /"the Constant".*"values"/, [
      {
        ...plainNode('Constant', [], ['made']),
        attribute: [
          create(AttributeProtoSchema, {
            name: 'values',
            type: AttributeType.TENSORS,
            tensors: [elsewhere('secret')],
          }),
        ],
      },
    ]),
    ...[SECRET, '../../secret', 'manifest.json', '*/_ORT_MEM_ADDR_/*'].map((location) =>
      graph(
        `external data in ${location}`,
        /"secret" has external data in/,
        [plainNode('Identity', ['secret'], ['made'])],
        {
          graph: { initializer: [elsewhere('secret', location)] },
        },
      ),
    ),
    sized('ConstantOfShape', 4, 1024, 1024, 1024),
    sized('ConstantOfShape', 2 ** 42),
    sized('ConstantOfShape', 2 ** 40, 2 ** 40),
    sized('Expand', 2 ** 21, 2 ** 21),
    sized('Tile', 2 ** 21, 2 ** 21),
    graph('a Pad of 2^42', /"the Pad"/, [plainNode('Pad', ['one', 'pads'], ['made'])], {
      constants: { one: float32([1], [1]), pads: i64(2 ** 42, 0) },
    }),
    graph('a Range to 2^42', /"the Range"/, [plainNode('Range', ['from', 'to', 'by'], ['made'])], {
      constants: { from: int64([], [0]), to: int64([], [2 ** 42]), by: int64([], [1]) },
    }),
    graph('a Resize to 2^42', /"the Resize"/, [plainNode('Resize', ['one', '', '', 'sizes'], ['made'])], {
      constants: { one: float32([1, 1], [1]), sizes: i64(2 ** 21, 2 ** 21) },
    }),
    graph(
      'a size that wraps around in 64 bits',
      /"the ConstantOfShape".*only a run can tell/,
      [
        plainNode('Mul', ['big', 'big'], ['wrapped']),
        plainNode('Add', ['wrapped', 'rest'], ['sizes']),
        plainNode('ConstantOfShape', ['sizes'], ['made']),
      ],
      { constants: { big: i64(2 ** 40), rest: i64(2 ** 42) } },
    ),
    graph(
      'a size that only one batch has',
      /"the Expand"/,
      [
        plainNode('Shape', [image], ['sizes'], { start: 0, end: 1 }),
        plainNode('Equal', ['sizes', 'three'], ['chosen']),
        plainNode('Where', ['chosen', 'big', 'small'], ['size']),
        plainNode('Expand', ['number', 'size'], ['large']),
        plainNode('ReduceMax', ['large'], ['largest'], { keepdims: 0 }),
        // A right result, with the one number added.
        plainNode('Cast', [image], ['numbers'], { to: 1 }),
        plainNode('Split', ['numbers', 'parts'], ['first', 'others'], { axis: 1 }),
        plainNode('Concat', ['first', 'first', 'others'], ['four'], { axis: 1 }),
        plainNode('Add', ['four', 'largest'], ['made']),
      ],
      {
        constants: {
          three: i64(3),
          big: i64(2 ** 42),
          small: i64(1),
          parts: i64(1, 2),
          number: float32([1], [1]),
        },
      },
    ),
    graph(
      'a size out of the image',
      /"the Expand".*only a run can tell/,
      [
        plainNode('Cast', [image], ['numbers'], { to: 7 }),
        plainNode('ReduceMax', ['numbers'], ['size'], { keepdims: 0 }),
        plainNode('Reshape', ['size', 'flat'], ['sizes']),
        plainNode('Expand', ['number', 'sizes'], ['made']),
      ],
      { constants: { flat: i64(1), number: float32([1], [1]) } },
    ),
    graph(
      'many large things at once',
      /"the (Expand|Concat)".*bytes/,
      [
        ...Array.from({ length: 12 }, (_, i) => plainNode('Expand', ['row', 'sizes'], [`made${i}`])),
        plainNode(
          'Concat',
          Array.from({ length: 12 }, (_, i) => `made${i}`),
          ['made'],
          { axis: 0 },
        ),
      ],
      {
        constants: { row: float32([1, 1], [1]), sizes: i64(16_384, 16_384) },
      },
    ),
    graph(
      'products that take for ever',
      /"again" \(MatMul\).*multiplications/,
      [
        plainNode('Cast', [image], ['numbers'], { to: 1 }),
        plainNode('ReduceMax', ['numbers'], ['one'], { keepdims: 0 }),
        plainNode('Expand', ['one', 'sizes'], ['m0']),
        ...Array.from({ length: 400 }, (_, i) =>
          plainNode('MatMul', [`m${i}`, `m${i}`], [`m${i + 1}`], {}, { name: 'again' }),
        ),
      ],
      { constants: { sizes: i64(8192, 8192) } },
    ),
    unknown('NoSuchOperator', [image]),
    unknown('NonZero', [image]),
    unknown('OneHot', [image]),
    unknown('EyeLike', [image]),
    unknown('RandomNormal', []),
    unknown('StringNormalizer', [image]),
    unknown('SequenceConstruct', [image]),
    unknown('Optional', [image]),
    unknown('EPContext', [image], 'com.microsoft'),
    unknown('TreeEnsemble', [image], 'ai.onnx.ml'),
    unknown('Custom', [image], 'own.domain'),
    graph('a chain of 100,000 nodes', /100000 nodes/, chain(100_000)),
    graph('a chain of 99,000 nodes', /99000 nodes/, chain(99_000)),
    { name: 'graphs 100,000 deep', message: /"the If".*control flow/, bytes: nested(100_000, image) },
    graph('a name of two megabytes', /more than 1024 bytes/, [
      plainNode('Identity', [image], ['made'], {}, { name: 'x'.repeat(2 ** 21) }),
    ]),
    graph('an attribute of a million numbers', /more than (1024 numbers|4096 fields)/, [
      plainNode('Transpose', [image], ['made'], { perm: new Array<number>(2 ** 20).fill(0) }),
    ]),
    graph('a value made twice', /two things.*"made"/, [
      plainNode('Identity', [image], ['made']),
      plainNode('Identity', [image], ['made']),
    ]),
    graph('a value out of nowhere', /uses "nowhere"/, [plainNode('Identity', ['nowhere'], ['made'])]),
    graph('an unknown operator set', /operator set 9999/, [plainNode('Identity', [image], ['made'])], {
      opset: 9999,
    }),
    {
      name: 'a second graph in the same file',
      message: /twice/,
      bytes: twoGraphs({ inputs, outputs }),
    },
  ];
}

function chain(length: number): PlainNode[] {
  return Array.from({ length }, (_, i) =>
    plainNode('Identity', [i === 0 ? 'image' : `n${i}`], [`n${i + 1}`]),
  );
}

/** Two graphs, of which one decoder may run the first, another the second, and a third both as one. */
function twoGraphs(setting: HostileGraphSetting): Uint8Array {
  const [image = 'image'] = Object.keys(setting.inputs);
  const one = plainModel({ ...setting, nodes: [plainNode('Identity', [image], ['made'])] });
  return new Uint8Array([...one, ...one]);
}

/** An If in an If in an If, written from the inside out, without a call for each. */
function nested(depth: number, image: string): Uint8Array {
  const text = (field: number, value: string): number[] => [
    ...tag(field, value.length),
    ...new TextEncoder().encode(value),
  ];
  const node = [...text(1, image), ...text(2, 'made'), ...text(3, 'the If'), ...text(4, 'If')];
  const heads: number[][] = [];
  let length = 0;
  for (let level = 0; level < depth; level++) {
    // GraphProto.node, NodeProto.attribute, AttributeProto.g, from the outside in.
    const attribute = [...text(1, 'then_branch'), ...tag(20), AttributeType.GRAPH, ...tag(6, length)];
    const inNode = [...node, ...tag(5, attribute.length + length)];
    const head = [...tag(1, inNode.length + attribute.length + length), ...inNode, ...attribute];
    heads.push(head);
    length += head.length;
  }
  const model = [...tag(1), 8, ...tag(8, 2), ...tag(2), 18, ...tag(7, length)];
  return Uint8Array.from([model, ...heads.reverse()].flat());
}

/** The tag of a field, with its length for one of bytes. */
function tag(field: number, length?: number): number[] {
  const found = varint(field * 8 + (length === undefined ? 0 : 2));
  return length === undefined ? found : [...found, ...varint(length)];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
