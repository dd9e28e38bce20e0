import { create } from '@bufbuild/protobuf';
import { FunctionProtoSchema, type NodeProto, SparseTensorProtoSchema, type TensorProto } from 'onnx-buf';
import type { HostileBundle } from './hostile-bundle.js';
import {
  addTo,
  BOOL,
  bool,
  changeModel,
  external,
  graphAttribute,
  INT64,
  int64s,
  node,
  subgraph,
  tensorAttribute,
  value,
} from './onnx-messages.js';

/** Files of the server, as a path in a bundle may name them: the service's working folder has the canary in it. */
const CANARY_FILES = ['canary.bin', 'store/service/secret', '../canary.bin'];
const CANARY = CANARY_FILES[0] as string;
const NAMES =
  /external|outside|location|canary|secret|hosts|subgraph|control flow|\bIf\b|\bLoop\b|\bScan\b|function|sparse|table|not (?:allowed|permitted|among)/i;

type Way = (constant: (name: string, location?: string) => TensorProto) => {
  nodes: NodeProto[];
  initializers?: TensorProto[];
};

const plain = (name: string, location: string): TensorProto => external(name, location);

/** Ways to a number of a file that is not the bundle's. */
const WAYS: Readonly<Record<string, Way>> = {
  'an initializer': (constant) => ({
    nodes: [node('Identity', ['leak'], ['hostile'])],
    initializers: [constant('leak')],
  }),
  'an If': (constant) => {
    const branch = (): ReturnType<typeof subgraph> =>
      subgraph([node('Identity', ['leak'], ['branch'])], [value('branch')], {
        constants: [constant('leak')],
      });
    return {
      nodes: [
        node(
          'If',
          ['condition'],
          ['hostile'],
          [graphAttribute('then_branch', branch()), graphAttribute('else_branch', branch())],
        ),
      ],
      initializers: [bool('condition', true)],
    };
  },
  'an If in an If': (constant) => {
    const inner = subgraph([node('Identity', ['leak'], ['inner'])], [value('inner')], {
      constants: [constant('leak')],
    });
    const outer = subgraph(
      [
        node(
          'If',
          ['condition'],
          ['outer'],
          [graphAttribute('then_branch', inner), graphAttribute('else_branch', inner)],
        ),
      ],
      [value('outer')],
    );
    return {
      nodes: [
        node(
          'If',
          ['condition'],
          ['hostile'],
          [graphAttribute('then_branch', outer), graphAttribute('else_branch', outer)],
        ),
      ],
      initializers: [bool('condition', true)],
    };
  },
  'a Loop body': (constant) => ({
    nodes: [
      node(
        'Loop',
        ['once', '', 'start'],
        ['hostile'],
        [
          graphAttribute(
            'body',
            subgraph(
              [node('Identity', ['going'], ['goes']), node('Add', ['before', 'leak'], ['next'])],
              [value('goes', BOOL, []), value('next')],
              {
                inputs: [value('step', INT64, []), value('going', BOOL, []), value('before')],
                constants: [constant('leak')],
              },
            ),
          ),
        ],
      ),
    ],
    initializers: [
      int64s('once', [1n], []),
      { ...constant('start'), dataLocation: 0, externalData: [], rawData: new Uint8Array(4) },
    ],
  }),
  'an attribute': (constant) => ({
    nodes: [node('Constant', [], ['hostile'], [tensorAttribute('value', constant('leak'))])],
  }),
};

const through = (
  what: string,
  way: Way,
  location: string,
  file = 'head.onnx',
  target = 'score',
): HostileBundle => ({
  what: `external data in ${what}: ${location}${file === 'head.onnx' ? '' : `, in ${file}`}`,
  names: NAMES,
  spoil: (files) =>
    changeModel(files, file, (_, graph) => {
      const { nodes, initializers = [] } = way((name) => plain(name, location));
      graph.initializer.push(...initializers);
      addTo(graph, target, nodes);
    }),
});

/** Bundles that read files of the server: through everything that may hold a constant. */
export const EXTERNAL_DATA: readonly HostileBundle[] = [
  ...Object.entries(WAYS).map(([what, way]) => through(what, way, CANARY)),
  ...[
    ...CANARY_FILES.slice(1),
    './canary.bin',
    'a/../canary.bin',
    '/etc/hosts',
    'file:///etc/hosts',
    'CANARY.BIN',
    '',
  ].map((location) => through('an initializer', WAYS['an initializer'] as Way, location)),
  through('an If', WAYS['an If'] as Way, CANARY, 'backbone.onnx', 'layer3'),
  {
    what: 'external data in a function',
    names: NAMES,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (model, graph) => {
        model.opsetImport.push({
          ...(model.opsetImport[0] as (typeof model.opsetImport)[0]),
          domain: 'local',
          version: 1n,
        });
        model.functions.push(
          create(FunctionProtoSchema, {
            name: 'Leak',
            domain: 'local',
            input: [],
            output: ['leak'],
            opsetImport: [{ domain: '', version: 18n }],
            node: [node('Constant', [], ['leak'], [tensorAttribute('value', plain('leak', CANARY))])],
          }),
        );
        addTo(graph, 'score', [node('Leak', [], ['hostile'], [], 'local')]);
      }),
  },
  {
    what: 'external data in a sparse initializer',
    names: NAMES,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        graph.sparseInitializer.push(
          create(SparseTensorProtoSchema, {
            values: plain('leak', CANARY),
            indices: int64s('', [0n]),
            dims: [1n],
          }),
        );
        addTo(graph, 'score', [node('Identity', ['leak'], ['hostile'])]);
      }),
  },
  {
    what: "external data beyond the end of the bundle's own file",
    names: /external|outside|beyond|offset|length|bytes|range|end|table/i,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        graph.initializer.push(external('leak', 'decoders.safetensors', { offset: 2n ** 40n }));
        addTo(graph, 'score', [node('Identity', ['leak'], ['hostile'])]);
      }),
  },
  {
    what: 'external data whose length is not a number',
    names: /external|offset|length|number|bytes|table/i,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        const leak = external('leak', 'decoders.safetensors');
        for (const each of leak.externalData) if (each.key === 'length') each.value = '-1';
        graph.initializer.push(leak);
        addTo(graph, 'score', [node('Identity', ['leak'], ['hostile'])]);
      }),
  },
];
