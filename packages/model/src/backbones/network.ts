import { type Graph, op, type Tensor, type Value } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import { sameUpperPads } from '../weights/backbone-graph.js';
import { float32ToFloat16 } from '../weights/float16.js';
import type { ConvolutionNames, WeightSource } from './weight-source.js';

export type Precision = 'float32' | 'float16';
export type Activation = (x: Value) => Value;

export interface NetworkOptions {
  precision: Precision;
  /** Epsilon of the batch norms. */
  epsilon: number;
  /** Names of the layers to remember. */
  wanted: ReadonlySet<string>;
}

export interface LayerOptions {
  kernel?: number;
  stride?: number;
  groups?: number;
  activation?: Activation;
  /**
   * `symmetric`, the default: half a kernel on every side, as PyTorch's networks have it. `same`: TensorFlow's SAME, which
   * puts the odd pixel of a stride of 2 at the end, so that it depends on the size of the input.
   */
  padding?: 'symmetric' | 'same';
}

// From here on float16 rounds to infinity.
const FLOAT16_OVERFLOW = 65520;

/** ReLU6 of the MobileNets. */
export const relu6: Activation = (x) => op.Clip(x, 0, 6);

/** Writes a network's layers into a graph, taking each layer's weights as it goes, and remembers the taps. */
export class Network {
  readonly taps: Map<string, Value> = new Map();
  readonly source: WeightSource;
  protected readonly graph: Graph;
  readonly #precision: Precision;
  readonly #epsilon: number;
  readonly #wanted: ReadonlySet<string>;

  constructor(graph: Graph, source: WeightSource, options: NetworkOptions) {
    this.graph = graph;
    this.source = source;
    this.#precision = options.precision;
    this.#epsilon = options.epsilon;
    this.#wanted = options.wanted;
  }

  /** Convolution with its padding, its batch norm folded in, and an activation. */
  convolution(x: Value, channels: number, names: ConvolutionNames, options: LayerOptions = {}): Value {
    const { kernel = 1, stride = 1, groups = 1, activation, padding = 'symmetric' } = options;
    const dims = [channels, (x.shape[1] as number) / groups, kernel, kernel];
    const { weight, bias } = this.parameters(names, dims, groups);
    const [height, width] = x.shape.slice(2) as [number, number];
    const half = (kernel - 1) / 2;
    const padsOf = (size: number): [before: number, after: number] =>
      padding === 'same' ? sameUpperPads(size, kernel, stride) : [half, half];
    const [top, bottom] = padsOf(height);
    const [left, right] = padsOf(width);
    const y = op.Conv(x, weight, bias, {
      strides: [stride, stride],
      pads: [top, left, bottom, right],
      group: groups,
    });
    return activation ? activation(y) : y;
  }

  /** Weight [out, in / groups, kh, kw] and bias [out] of a convolution. */
  protected parameters(
    names: ConvolutionNames,
    dims: readonly number[],
    groups: number,
  ): { weight: Value; bias: Value } {
    const { weight, bias } = this.source.convolution(names, dims, groups, this.#epsilon);
    return {
      weight: this.constant(weight, `${names.conv}.weight`),
      bias: this.constant(bias, `${names.conv}.bias`),
    };
  }

  /** A constant stored in the network's precision; computed in float32 either way. */
  constant(tensor: Tensor, name: string): Value {
    return storedConstant(this.graph, tensor, name, this.#precision);
  }

  /** Offers a value under one or more layer names. Returns true once every wanted layer has been seen. */
  tap(value: Value, ...names: string[]): boolean {
    for (const name of names) if (this.#wanted.has(name)) this.taps.set(name, value);
    return this.taps.size === this.#wanted.size;
  }
}

/**
 * A constant stored in a precision and computed with in float32. What is float16 already stays so.
 * @throws WeightsError for a number that float16 cannot hold
 */
export function storedConstant(graph: Graph, tensor: Tensor, name: string, precision: Precision): Value {
  if (precision === 'float32' || tensor.type !== 'float32') {
    return op.Cast(graph.constant(tensor, name), 'float32');
  }
  const data = tensor.data as Float32Array;
  let beyond = 0;
  for (let i = 0; i < data.length; i++) {
    if (Math.abs(data[i]!) >= FLOAT16_OVERFLOW) beyond = data[i]!;
  }
  if (beyond !== 0) {
    throw new WeightsError(
      `"${name}" holds ${beyond}, and float16 ends at 65504: store this backbone in float32`,
      { details: { tensor: name, value: beyond } },
    );
  }
  const half: Tensor = { type: 'float16', dims: tensor.dims, data: float32ToFloat16(data) };
  return op.Cast(graph.constant(half, name), 'float32');
}
