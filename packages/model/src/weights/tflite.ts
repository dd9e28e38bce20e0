import type { Tensor } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import { ByteBuffer } from 'flatbuffers';
import { FlatbufferTable } from './flatbuffer-table.js';

/** Field numbers and codes below are those of TensorFlow Lite's schema.fbs, version 3. */
export type TflitePadding = 'SAME' | 'VALID';
export type TfliteActivation = 'none' | 'relu' | 'relu6';

export interface TfliteTensor {
  name: string;
  /** As stored, in TFLite's order (images are NHWC). */
  dims: readonly number[];
  /** float32 and float16 as such; other types by their code. */
  type: 'float32' | 'float16' | `type ${number}`;
  /** The constant's bytes, in place; empty for what is computed at run time. */
  data: Uint8Array;
}

interface OperatorBase {
  /** Indices of tensors; -1 stands for an optional input left out. */
  inputs: readonly number[];
  outputs: readonly number[];
}

export interface TfliteConvolution extends OperatorBase {
  type: 'CONV_2D' | 'DEPTHWISE_CONV_2D';
  padding: TflitePadding;
  /** Vertical, horizontal. */
  strides: readonly [number, number];
  dilations: readonly [number, number];
  activation: TfliteActivation;
}

export interface TfliteAdd extends OperatorBase {
  type: 'ADD';
  activation: TfliteActivation;
}

export interface TfliteDequantize extends OperatorBase {
  type: 'DEQUANTIZE';
}

export interface TfliteOther extends OperatorBase {
  type: 'OTHER';
  /** TFLite's BuiltinOperator. */
  code: number;
}

export type TfliteOperator = TfliteConvolution | TfliteAdd | TfliteDequantize | TfliteOther;

/** The first subgraph of a TFLite file; the operators are in the order in which they run. */
export interface TfliteModel {
  tensors: readonly TfliteTensor[];
  operators: readonly TfliteOperator[];
  inputs: readonly number[];
  outputs: readonly number[];
}

const TENSOR_TYPES = ['float32', 'float16'] as const;
const PADDINGS = ['SAME', 'VALID'] as const;
const ACTIVATIONS: Readonly<Record<number, TfliteActivation>> = { 0: 'none', 1: 'relu', 3: 'relu6' };

/**
 * Reads the structure and the constants of a TFLite file.
 * @throws WeightsError when it is not TFLite, is damaged, or uses an option of a convolution that is not known here.
 */
export function readTflite(bytes: Uint8Array): TfliteModel {
  const buffer = new ByteBuffer(bytes);
  if (bytes.length < 8 || !buffer.__has_identifier('TFL3'))
    throw new WeightsError('not a TFLite file: it lacks the mark TFL3');
  const model = FlatbufferTable.root(buffer);
  const subgraph = model.tables(2)[0];
  if (!subgraph) throw new WeightsError('the TFLite file has no graph');
  const buffers = model.tables(4);
  const tensors = subgraph.tables(0).map((tensor) => readTensor(tensor, buffers));
  const codes = model.tables(1).map((code) => Math.max(code.int8(0, 0), code.int32(3, 0)));
  const operators = subgraph.tables(3).map((operator) => readOperator(operator, codes));
  const inputs = subgraph.int32s(1);
  const outputs = subgraph.int32s(2);
  for (const index of [inputs, outputs, ...operators.flatMap((o) => [o.inputs, o.outputs])].flat()) {
    if (index < -1 || index >= tensors.length)
      throw new WeightsError(`the TFLite graph has no tensor ${index}`);
  }
  return { tensors, operators, inputs, outputs };
}

/**
 * A constant as a tensor of its own type, its data copied out of the file.
 * @throws WeightsError when it is not a float32 or float16 constant that fills its shape.
 */
export function tfliteConstant({ name, dims, type, data }: TfliteTensor): Tensor {
  const size = type === 'float32' ? 4 : type === 'float16' ? 2 : 0;
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (size === 0 || data.length !== count * size) {
    throw new WeightsError(
      `TFLite tensor "${name}" is not a constant of floating-point numbers: ${type}, shape [${dims}], ${data.length} bytes`,
      {
        details: { tensor: name, type, dims, bytes: data.length },
      },
    );
  }
  // Not `slice`: a Buffer's shares memory.
  const copy = new Uint8Array(data).buffer;
  return type === 'float32'
    ? { type, dims, data: new Float32Array(copy) }
    : { type: 'float16', dims, data: new Uint16Array(copy) };
}

function readTensor(tensor: FlatbufferTable, buffers: readonly FlatbufferTable[]): TfliteTensor {
  const name = tensor.text(3);
  const code = tensor.int8(1, 0);
  const data = buffers[tensor.uint32(2, 0)];
  if (!data) throw new WeightsError(`TFLite tensor "${name}" points to a buffer that does not exist`);
  return { name, dims: tensor.int32s(0), type: TENSOR_TYPES[code] ?? `type ${code}`, data: data.bytes(0) };
}

function readOperator(operator: FlatbufferTable, codes: readonly number[]): TfliteOperator {
  const code = codes[operator.uint32(0, 0)];
  if (code === undefined) throw new WeightsError('a TFLite operator has no code');
  const base = { inputs: operator.int32s(1), outputs: operator.int32s(2) };
  const options = operator.table(4);
  switch (code) {
    case 0:
      return { ...base, type: 'ADD', activation: activation(options?.int8(0, 0) ?? 0) };
    case 3:
      return { ...base, type: 'CONV_2D', ...convolution(options, 3) };
    case 4:
      return { ...base, type: 'DEPTHWISE_CONV_2D', ...convolution(options, 4) };
    case 6:
      return { ...base, type: 'DEQUANTIZE' };
    default:
      return { ...base, type: 'OTHER', code };
  }
}

/** Conv2DOptions and DepthwiseConv2DOptions differ in where the activation stands; the dilations follow it. */
function convolution(
  options: FlatbufferTable | undefined,
  activationField: number,
): Omit<TfliteConvolution, 'type' | keyof OperatorBase> {
  if (!options) throw new WeightsError('a TFLite convolution has no options');
  const padding = PADDINGS[options.int8(0, 0)];
  if (!padding)
    throw new WeightsError(`TFLite padding ${options.int8(0, 0)} is neither SAME (0) nor VALID (1)`);
  return {
    padding,
    strides: [options.int32(2, 0), options.int32(1, 0)],
    dilations: [options.int32(activationField + 2, 1), options.int32(activationField + 1, 1)],
    activation: activation(options.int8(activationField, 0)),
  };
}

function activation(code: number): TfliteActivation {
  const found = ACTIVATIONS[code];
  if (!found)
    throw new WeightsError(`TFLite activation ${code} is not known here: none (0), ReLU (1), ReLU6 (3) are`);
  return found;
}
