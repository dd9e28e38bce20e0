import type { HostileBundle } from './hostile-bundle.js';
import { changeModel } from './onnx-messages.js';

const SAFETENSORS = /safetensors|header|weights|tensor|offset|bytes|damaged|decoders|probe/i;
const GRAPH =
  /ONNX|model|graph|protobuf|damaged|node|cycl|loop|order|dims|shape|size|bytes|name|input|twice|initializer/i;

/** A safetensors file with a header of one's own. */
function safetensors(header: string | Uint8Array, data = new Uint8Array(64), length?: bigint): Uint8Array {
  const text = Buffer.from(header);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([size, text, data]);
}

const tensor = (name: string, dtype: string, shape: readonly number[], from: number, to: number): string =>
  `{${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [from, to] })}}`;

const HEADERS: Readonly<Record<string, () => Uint8Array>> = {
  'says it is 2^60 bytes long': () => safetensors('{}', undefined, 2n ** 60n),
  'says it is 2^64-1 bytes long': () => safetensors('{}', undefined, 2n ** 64n - 1n),
  'ends beyond the file': () => safetensors(tensor('a', 'F32', [4], 0, 2 ** 40)),
  'begins before the file': () => safetensors(tensor('a', 'F32', [4], -8, 8)),
  'counts 2^62 elements': () => safetensors(tensor('a', 'F32', [2 ** 31, 2 ** 31], 0, 64)),
  'has a million sizes': () =>
    safetensors(`{"a":{"dtype":"F32","shape":[${'1,'.repeat(1_000_000)}1],"data_offsets":[0,4]}}`),
  'is a million keys': () =>
    safetensors(
      `{${Array.from({ length: 300_000 }, (_, i) => `"k${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`).join(',')}}`,
    ),
  'is nested deep': () => safetensors(`${'{"a":'.repeat(200_000)}0${'}'.repeat(200_000)}`),
  'is not JSON': () => safetensors('{"a":'),
  'is not a text': () => safetensors(Buffer.alloc(100, 0xff)),
  'lets tensors overlap': () =>
    safetensors(
      '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[4,20]}}',
    ),
};

/** Bundles whose files say of themselves what is not so. */
export const LYING_FILES: readonly HostileBundle[] = [
  ...Object.entries(HEADERS).flatMap(([what, file]) =>
    ['probe.safetensors', 'decoders.safetensors'].map((name) => ({
      what: `the header of ${name} ${what}`,
      names: SAFETENSORS,
      spoil: (files: Map<string, Uint8Array>) => void files.set(name, file()),
    })),
  ),
  {
    what: 'an initializer larger than its bytes',
    names: GRAPH,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        const first = graph.initializer.find(({ rawData }) => rawData.length > 0);
        if (first) first.dims = [2n ** 40n];
      }),
  },
  {
    what: 'an initializer of a negative size',
    names: GRAPH,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        const first = graph.initializer.find(({ rawData }) => rawData.length > 0);
        if (first) first.dims = [-1n];
      }),
  },
  {
    what: 'a graph that goes in a circle',
    names: GRAPH,
    spoil: (files) =>
      changeModel(files, 'head.onnx', (_, graph) => {
        const [first, second] = graph.node;
        if (first && second) first.input = [second.output[0] as string, ...first.input.slice(1)];
      }),
  },
  {
    what: 'a graph with half of its bytes',
    names: GRAPH,
    spoil: (files) => void files.set('head.onnx', (files.get('head.onnx') as Uint8Array).slice(0, 9000)),
  },
  {
    what: 'a graph that is not a graph',
    names: GRAPH,
    spoil: (files) => void files.set('backbone.onnx', Buffer.alloc(5000, 0xff)),
  },
];
