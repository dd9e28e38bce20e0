import type { Tensor } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import type { Activation, BackboneGraph, BackboneLayer, BackboneTap } from './backbone-graph.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const FORMAT = 'cflow-backbone-1';

/**
 * A backbone graph as one safetensors file: the tensors `<layer>.weight` and `<layer>.bias`, and the rest as JSON in
 * the metadata `graph`. Equal graphs give equal bytes. Read it with {@link readBackboneGraph}.
 */
export function writeBackboneGraph(
  graph: BackboneGraph,
  provenance: Readonly<Record<'source' | 'licence', string>>,
): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const layers = graph.layers.map((layer) => {
    if (layer.type === 'add') return layer;
    const { weight, bias, ...rest } = layer;
    tensors.set(`${layer.name}.weight`, weight).set(`${layer.name}.bias`, bias);
    return rest;
  });
  return writeSafetensors(tensors, {
    ...provenance,
    format: FORMAT,
    graph: JSON.stringify({ ...graph, layers }),
  });
}

/**
 * @param bytes A file that {@link writeBackboneGraph} has written; the tensors share its memory.
 * @throws WeightsError when it is damaged or something else.
 */
export function readBackboneGraph(bytes: Uint8Array): BackboneGraph {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== FORMAT) {
    throw new WeightsError(
      `expected a backbone graph ("format": "${FORMAT}"), got ${JSON.stringify(metadata.format)?.slice(0, 80)}`,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(metadata.graph ?? '');
  } catch (cause) {
    throw new WeightsError('the backbone graph in the metadata is not JSON', { cause });
  }
  const graph = record(parsed);
  const layers = list(graph.layers).map((layer) => readLayer(record(layer), tensors));
  const known = new Set([text(graph.input)]);
  for (const layer of layers) {
    for (const input of layer.inputs)
      if (!known.has(input)) throw malformed(`layer "${layer.name}" reads "${input}" before it exists`);
    known.add(layer.name);
  }
  const taps = list(graph.taps).map((tap): BackboneTap => {
    const { name, channels, stride } = record(tap);
    if (!known.has(text(name))) throw malformed(`a tap names the layer "${name}", which does not exist`);
    return { name: text(name), channels: whole(channels), stride: whole(stride) };
  });
  return { input: text(graph.input), inputRange: pair(graph.inputRange, finite), layers, taps };
}

function readLayer(layer: Record<string, unknown>, tensors: ReadonlyMap<string, Tensor>): BackboneLayer {
  const name = text(layer.name);
  const inputs = list(layer.inputs).map(text);
  const activation = oneOf(layer.activation, ['none', 'relu', 'relu6'] satisfies Activation[]);
  const type = oneOf(layer.type, ['conv', 'depthwise', 'add']);
  if (type === 'add') return { type, name, inputs: pair(inputs, text), activation };
  const weight = tensors.get(`${name}.weight`);
  const bias = tensors.get(`${name}.bias`);
  if (weight?.dims.length !== 4 || bias?.dims.length !== 1 || bias.dims[0] !== weight.dims[0]) {
    throw malformed(
      `convolution "${name}" lacks a weight [out, in / groups, height, width] and a bias [out]`,
    );
  }
  if (inputs.length !== 1) throw malformed(`convolution "${name}" has ${inputs.length} inputs`);
  return {
    type,
    name,
    inputs: [inputs[0] as string],
    weight,
    bias,
    strides: pair(layer.strides, whole),
    dilations: pair(layer.dilations, whole),
    autoPad: oneOf(layer.autoPad, ['SAME_UPPER', 'VALID']),
    activation,
  };
}

function malformed(problem: string): WeightsError {
  return new WeightsError(`the backbone graph in the file is malformed: ${problem}`);
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw malformed('an object is missing');
  return value as Record<string, unknown>;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw malformed('a list is missing');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw malformed('a text is missing');
  return value;
}

function finite(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed('a number is missing');
  return value;
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw malformed('a whole number above zero is missing');
  return value as number;
}

function pair<T>(value: unknown, item: (value: unknown) => T): [T, T] {
  const values = list(value);
  if (values.length !== 2) throw malformed('a pair is missing');
  return [item(values[0]), item(values[1])];
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found === undefined)
    throw malformed(`expected one of ${allowed.join(', ')}, got ${JSON.stringify(value)?.slice(0, 80)}`);
  return found;
}
