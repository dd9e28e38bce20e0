import type { Tensor, TensorData } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import type { BackboneGraph, BackboneLayer, BackboneTap } from './backbone-graph.js';
import { readTflite, type TfliteConvolution, type TfliteModel, tfliteConstant } from './tflite.js';

/** Where the network lies in the package @mediapipe/objectron, and the SHA-256 that it must have. */
export const OBJECTRON = {
  package: '@mediapipe/objectron',
  version: '0.4.1675468480',
  assets: 'objectron_solution_packed_assets.data',
  loader: 'objectron_solution_packed_assets_loader.js',
  model: 'object_detection_ssd_mobilenetv2_oidv4_fp16.tflite',
  sha256: 'd0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6',
} as const;

/** The layers that the embedded backbone gives: the last of each resolution in MobileNetV2's trunk. */
export const OBJECTRON_TAPS: readonly BackboneTap[] = [
  { name: 'expanded_conv_5/add', channels: 32, stride: 8 },
  { name: 'expanded_conv_12/add', channels: 96, stride: 16 },
  { name: 'expanded_conv_16/project', channels: 320, stride: 32 },
];

const INPUT = 'input';

/** What stands before the files in the loader script, up to the bracket that opens their list; and how long that may be. */
const LIST = 'loadPackage({"files": [';
const LONGEST_LIST = 10_000;

/**
 * Byte range [start, end) of the network in the packed assets, from the text of the loader script. The script is
 * read as data: its one list of files is cut out and parsed as JSON; nothing is run.
 */
export function objectronModelRange(loader: string): { start: number; end: number } {
  const begin = loader.indexOf(LIST) + LIST.length;
  const list = loader.startsWith(LIST, begin - LIST.length) ? loader.slice(begin, begin + LONGEST_LIST) : '';
  let files: unknown;
  try {
    files = JSON.parse(`[${list.slice(0, list.indexOf(']') + 1)}`);
  } catch (cause) {
    throw new WeightsError(`no list of files in ${OBJECTRON.loader}; ${REINSTALL}`, { cause });
  }
  const entry = (files as Partial<Record<string, unknown>>[]).find((file) => {
    const name = file?.filename;
    return typeof name === 'string' && name.endsWith(`/${OBJECTRON.model}`);
  });
  const { start, end } = entry ?? {};
  if (
    !Number.isSafeInteger(start) ||
    !Number.isSafeInteger(end) ||
    (start as number) < 0 ||
    (end as number) <= (start as number)
  ) {
    throw new WeightsError(`${OBJECTRON.loader} does not say where ${OBJECTRON.model} is; ${REINSTALL}`);
  }
  return { start: start as number, end: end as number };
}

/** What to do about a damaged or missing package; the end of a sentence. */
export const REINSTALL: string = `install ${OBJECTRON.package}@${OBJECTRON.version} again, or name another backbone`;

/**
 * The trunk of the detector's MobileNetV2 as layers, up to its deepest tap: inputs RGB in [-1, 1], weights float16 as
 * stored, batch norm folded in by the file's makers.
 *
 * @param bytes The TFLite file {@link OBJECTRON}.model.
 * @throws WeightsError when the file is damaged, or is another network.
 */
export function embeddedBackboneGraph(bytes: Uint8Array): BackboneGraph {
  const model = readTflite(bytes);
  const layers: BackboneLayer[] = [];
  // Tensors by index: the name of a computed one, or the constant's index that a DEQUANTIZE widens to float32.
  const computed = new Map<number, string>([[single(model.inputs), INPUT]]);
  const widened = new Map<number, number>();
  const last = OBJECTRON_TAPS.at(-1)?.name;
  for (const operator of model.operators) {
    const output = single(operator.outputs);
    if (operator.type === 'DEQUANTIZE') {
      widened.set(output, single(operator.inputs));
      continue;
    }
    // The detector's heads branch off between the trunk's layers; what hangs on another operator is theirs.
    const [first, second] = operator.inputs.map((index) => computed.get(index));
    if (operator.type === 'OTHER' || first === undefined) continue;
    const name = layerName(model, output);
    computed.set(output, name);
    if (operator.type === 'ADD') {
      if (second === undefined) throw unexpected(`"${name}" adds a constant`);
      layers.push({ type: 'add', name, inputs: [first, second], activation: operator.activation });
    } else {
      const constant = (index: number | undefined) => constantTensor(model, widened, index);
      layers.push(convolutionLayer(operator, name, first, constant));
    }
    if (name === last) break;
  }
  const trunk = needed(layers, OBJECTRON_TAPS);
  const graph: BackboneGraph = { input: INPUT, inputRange: [-1, 1], layers: trunk, taps: OBJECTRON_TAPS };
  checkTaps(graph);
  return graph;
}

/**
 * A fused operator's output carries the names of all it was fused from, joined by ';'. The first is its own:
 * "FeatureExtractor/MobilenetV2/expanded_conv_1/expand/Relu6;..." becomes "expanded_conv_1/expand".
 */
function layerName(model: TfliteModel, output: number): string {
  const full = model.tensors[output]?.name.split(';')[0] ?? '';
  return full
    .replace(/^FeatureExtractor\/MobilenetV2\//, '')
    .replace(/\/(Relu6|BatchNorm\/FusedBatchNormV3)$/, '');
}

function convolutionLayer(
  operator: TfliteConvolution,
  name: string,
  input: string,
  constant: (index: number | undefined) => Tensor,
): BackboneLayer {
  const { inputs, padding, strides, dilations, activation } = operator;
  const stored = constant(inputs[1]);
  const bias = constant(inputs[2]);
  const depthwise = operator.type === 'DEPTHWISE_CONV_2D';
  // TFLite stores [out, height, width, in], and for depthwise [1, height, width, out].
  const weight = depthwise ? transposed(stored, [3, 0, 1, 2]) : transposed(stored, [0, 3, 1, 2]);
  if (bias.dims.length !== 1 || bias.dims[0] !== weight.dims[0])
    throw unexpected(`"${name}" has a bias of shape [${bias.dims}]`);
  return {
    type: depthwise ? 'depthwise' : 'conv',
    name,
    inputs: [input],
    weight,
    bias,
    strides,
    dilations,
    autoPad: padding === 'SAME' ? 'SAME_UPPER' : 'VALID',
    activation,
  };
}

function constantTensor(model: TfliteModel, widened: ReadonlyMap<number, number>, index = -1): Tensor {
  const tensor = model.tensors[widened.get(index) ?? index];
  if (!tensor) throw unexpected('a convolution without weight or bias');
  return tfliteConstant(tensor);
}

function transposed(tensor: Tensor, order: readonly [number, number, number, number]): Tensor {
  const from = tensor.dims;
  if (from.length !== 4) throw unexpected(`a convolution with a weight of shape [${from}]`);
  const dims = order.map((axis) => from[axis]!);
  const strides = [0, 1, 2, 3].map((axis) => from.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = order.map((axis) => strides[axis]);
  const [d0 = 0, d1 = 0, d2 = 0, d3 = 0] = dims;
  const data = tensor.data.slice() as TensorData;
  let at = 0;
  for (let a = 0; a < d0; a++)
    for (let b = 0; b < d1; b++)
      for (let c = 0; c < d2; c++)
        for (let d = 0; d < d3; d++) data[at++] = tensor.data[a * s0 + b * s1 + c * s2 + d * s3] as number;
  return { type: tensor.type, dims, data };
}

/** The layers that the taps depend on, in the same order. */
function needed(layers: readonly BackboneLayer[], taps: readonly BackboneTap[]): BackboneLayer[] {
  const names = new Set(taps.map(({ name }) => name));
  const kept = layers.toReversed().filter((layer) => {
    if (!names.has(layer.name)) return false;
    for (const input of layer.inputs) names.add(input);
    return true;
  });
  return kept.reverse();
}

function checkTaps(graph: BackboneGraph): void {
  const outputs = new Map([[graph.input, { channels: 3, stride: 1 }]]);
  for (const layer of graph.layers) {
    const input = outputs.get(layer.inputs[0]);
    if (!input || outputs.has(layer.name)) throw unexpected(`"${layer.name}" twice, or before its input`);
    if (layer.type === 'add') {
      outputs.set(layer.name, input);
      continue;
    }
    const [out = 0, perGroup] = layer.weight.dims;
    const groups = layer.type === 'depthwise' ? out : 1;
    if ((perGroup as number) * groups !== input.channels)
      throw unexpected(`"${layer.name}" takes other channels than it gets`);
    outputs.set(layer.name, { channels: out, stride: input.stride * layer.strides[0] });
  }
  for (const { name, channels, stride } of graph.taps) {
    const found = outputs.get(name);
    if (found?.channels !== channels || found.stride !== stride) {
      throw unexpected(
        `"${name}" should have ${channels} channels at stride ${stride}, got ${JSON.stringify(found)}`,
      );
    }
  }
}

function single(indices: readonly number[]): number {
  const [index] = indices;
  if (index === undefined || index < 0 || indices.length !== 1)
    throw unexpected('an operator without one input or output');
  return index;
}

function unexpected(problem: string): WeightsError {
  return new WeightsError(
    `the TFLite file is not the network that was expected (${OBJECTRON.model}): ${problem}`,
  );
}
