import type { HostileBundle } from './hostile-bundle.js';
import {
  addTo,
  BOOL,
  bool,
  changeModel,
  FLOAT,
  graphAttribute,
  INT64,
  int64s,
  intAttribute,
  node,
  subgraph,
  value,
} from './onnx-messages.js';

const LOOPS =
  /\bLoop\b|\bScan\b|\bIf\b|control flow|subgraph|operator|endless|not (?:allowed|permitted|among)/i;
const SIZES =
  /element|bytes|memory|size|large|too (?:big|many|much)|budget|MB|GB|shape|operator|ConstantOfShape|Range|Tile|Expand/i;
const OPERATORS = /operator|domain|Exfiltrate|evil|microsoft|ATen|not (?:known|allowed|permitted|among)/i;

const loop = (
  what: string,
  trips: string,
  going: string,
  initializers: Parameters<typeof addLoop>[1],
): HostileBundle => ({
  what,
  names: LOOPS,
  spoil: (files) => changeModel(files, 'head.onnx', (_, graph) => addLoop(graph, initializers, trips, going)),
});

function addLoop(
  graph: Parameters<typeof addTo>[0],
  initializers: ReturnType<typeof bool>[],
  trips: string,
  going: string,
): void {
  const body = subgraph(
    [node('Identity', ['going'], ['goes']), node('Identity', ['before'], ['next'])],
    [value('goes', BOOL, []), value('next')],
    { inputs: [value('step', INT64, []), value('going', BOOL, []), value('before')] },
  );
  graph.initializer.push(...initializers, {
    ...bool('zero', false),
    dataType: FLOAT,
    dims: [1n],
    rawData: new Uint8Array(4),
  });
  addTo(graph, 'score', [node('Loop', [trips, going, 'zero'], ['hostile'], [graphAttribute('body', body)])]);
}

/** A number made of a tensor of a size that nobody has. */
const allocation = (
  what: string,
  make: (graph: Parameters<typeof addTo>[0]) => ReturnType<typeof node>[],
): HostileBundle => ({
  what,
  names: SIZES,
  spoil: (files) =>
    changeModel(files, 'head.onnx', (_, graph) =>
      addTo(graph, 'score', [
        ...make(graph),
        node('ReduceMax', ['huge'], ['hostile'], [intAttribute('keepdims', 0n)]),
      ]),
    ),
});

const filled = (dims: readonly bigint[]) => (graph: Parameters<typeof addTo>[0]) => {
  graph.initializer.push(int64s('dims', dims));
  return [node('ConstantOfShape', ['dims'], ['huge'])];
};

const operator = (what: string, opType: string, domain: string): HostileBundle => ({
  what,
  names: OPERATORS,
  spoil: (files) =>
    changeModel(files, 'head.onnx', (model, graph) => {
      if (domain !== '') {
        const [first] = model.opsetImport;
        model.opsetImport.push({ ...(first as NonNullable<typeof first>), domain, version: 1n });
      }
      addTo(graph, 'score', [node(opType, ['honest'], ['hostile'], [], domain)]);
    }),
});

const DEEP = 100_000;

/** Bundles that run for ever, take all memory, or are of what is not known. */
export const TOO_MUCH: readonly HostileBundle[] = [
  loop('an endless loop', '', 'yes', [bool('yes', true)]),
  loop('a loop of 2^62 rounds', 'rounds', '', [int64s('rounds', [2n ** 62n], [])]),
  allocation('16 GB', filled([2n ** 32n])),
  allocation('2^42 elements', filled([2n ** 21n, 2n ** 21n])),
  allocation('2^62 elements', filled([2n ** 31n, 2n ** 31n])),
  allocation('a negative size', filled([-5n])),
  allocation('a constant that doubles forty times', (graph) => {
    graph.initializer.push(int64s('dims', [8n]));
    const nodes = [node('ConstantOfShape', ['dims'], ['twice-0'])];
    for (let i = 0; i < 40; i++) {
      nodes.push(
        node('Concat', [`twice-${i}`, `twice-${i}`], [`twice-${i + 1}`], [intAttribute('axis', 0n)]),
      );
    }
    return [...nodes, node('Identity', ['twice-40'], ['huge'])];
  }),
  allocation('a range of 10^12 numbers', (graph) => {
    graph.initializer.push(int64s('from', [0n], []), int64s('to', [10n ** 12n], []), int64s('by', [1n], []));
    return [
      node('Range', ['from', 'to', 'by'], ['range']),
      node('Cast', ['range'], ['huge'], [intAttribute('to', BigInt(FLOAT))]),
    ];
  }),
  allocation('a tile of 2^40', (graph) => {
    graph.initializer.push(int64s('repeats', [2n ** 40n]));
    return [node('Tile', ['honest', 'repeats'], ['huge'])];
  }),
  operator('an unknown operator', 'Exfiltrate', ''),
  operator('a custom operator', 'Run', 'evil.example'),
  operator('an operator of the runtime alone', 'Gelu', 'com.microsoft'),
  operator('an operator that calls another framework', 'ATen', 'org.pytorch.aten'),
  {
    what: `a graph ${DEEP} nodes deep`,
    names: /node|deep|depth|large|too many|bytes/i,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        const nodes = [node('Identity', ['honest'], ['d0'])];
        for (let i = 0; i < DEEP; i++) nodes.push(node('Identity', [`d${i}`], [`d${i + 1}`]));
        addTo(graph, 'score', [...nodes, node('Identity', [`d${DEEP}`], ['hostile'])]);
      }),
  },
  {
    what: 'subgraphs within subgraphs, a thousand deep',
    names: /\bIf\b|deep|depth|nest|control flow|subgraph|recursion|protobuf|ONNX|damaged/i,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        graph.initializer.push(bool('yes', true));
        let inner = subgraph([node('Identity', ['honest'], ['r0'])], [value('r0')]);
        for (let i = 1; i < 1000; i++) {
          const branches = [
            graphAttribute('then_branch', inner),
            graphAttribute('else_branch', subgraph([node('Identity', ['honest'], ['e'])], [value('e')])),
          ];
          inner = subgraph([node('If', ['yes'], [`r${i}`], branches)], [value(`r${i}`)]);
        }
        addTo(graph, 'score', [
          node(
            'If',
            ['yes'],
            ['hostile'],
            [graphAttribute('then_branch', inner), graphAttribute('else_branch', inner)],
          ),
        ]);
      }),
  },
];
