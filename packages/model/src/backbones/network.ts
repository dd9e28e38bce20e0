import { type Graph, op, type Tensor, type Value } from '@cflow/onnx';
import { float32ToFloat16 } from '../weights/float16.js';
import type { ConvolutionNames, WeightSource } from './weight-source.js';

export type Precision = 'float32' | 'float16';
export type Activation = (x: Value) => Value;

export interface LayerOptions {
  kernel?: number;
  stride?: number;
  groups?: number;
  activation?: Activation;
}

/** ReLU6 of the MobileNets. */
export const relu6: Activation = (x) => op.Clip(x, 0, 6);

/** Writes a network's layers into a graph, taking each layer's weights as it goes, and remembers the taps. */
export class Network {
  readonly taps: Map<string, Value> = new Map();
  readonly source: WeightSource;
  readonly #graph: Graph;
  readonly #precision: Precision;
  readonly #epsilon: number;
  readonly #wanted: ReadonlySet<string>;

  constructor(
    graph: Graph,
    source: WeightSource,
    options: { precision: Precision; epsilon: number; wanted: ReadonlySet<string> },
  ) {
    this.#graph = graph;
    this.source = source;
    this.#precision = options.precision;
    this.#epsilon = options.epsilon;
    this.#wanted = options.wanted;
  }

  /** Convolution with padding of half a kernel, its batch norm folded in, and an activation. */
  convolution(x: Value, channels: number, names: ConvolutionNames, options: LayerOptions = {}): Value {
    const { kernel = 1, stride = 1, groups = 1, activation } = options;
    const dims = [channels, (x.shape[1] as number) / groups, kernel, kernel];
    const { weight, bias } = this.source.convolution(names, dims, groups, this.#epsilon);
    const half = (kernel - 1) / 2;
    const y = op.Conv(
      x,
      this.constant(weight, `${names.conv}.weight`),
      this.constant(bias, `${names.conv}.bias`),
      {
        strides: [stride, stride],
        pads: [half, half, half, half],
        group: groups,
      },
    );
    return activation ? activation(y) : y;
  }

  /** A constant stored in the network's precision; computed in float32 either way. */
  constant(tensor: Tensor, name: string): Value {
    if (this.#precision === 'float32' || tensor.type !== 'float32') return this.#float32(tensor, name);
    const half = {
      type: 'float16',
      dims: tensor.dims,
      data: float32ToFloat16(tensor.data as Float32Array),
    } as const;
    return this.#float32(half, name);
  }

  /** Offers a value under one or more layer names. Returns true once every wanted layer has been seen. */
  tap(value: Value, ...names: string[]): boolean {
    for (const name of names) if (this.#wanted.has(name)) this.taps.set(name, value);
    return this.taps.size === this.#wanted.size;
  }

  #float32(tensor: Tensor, name: string): Value {
    return op.Cast(this.#graph.constant(tensor, name), 'float32');
  }
}
