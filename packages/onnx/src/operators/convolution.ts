import { int, ints } from '../attribute.js';
import type { Attribute } from '../graph.js';
import { emitOne, expectRank, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { type Dim, formatShape } from '../shape.js';
import { ReduceSum } from './broadcast.js';

export type Pair = readonly [vertical: number, horizontal: number];
/** Padding at the top, left, bottom and right, in pixels. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

export interface WindowOptions {
  strides?: Pair;
  pads?: Pads;
  dilations?: Pair;
}

export interface ConvOptions extends WindowOptions {
  /** Groups of channels that do not see each other; as many as channels for a depthwise convolution. */
  group?: number;
}

function windowed(size: Dim, axis: 0 | 1, kernel: number, options: WindowOptions, operator: string): number {
  if (typeof size === 'string') throw new GraphError(`${operator}: height and width must be known`);
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1] } = options;
  const reach = dilations[axis] * (kernel - 1) + 1;
  const padded = size + pads[axis] + pads[axis + 2]!;
  if (padded < reach) {
    throw new GraphError(`${operator}: a window of ${reach} does not fit ${padded} pixels`);
  }
  return Math.floor((padded - reach) / strides[axis]) + 1;
}

function windowAttributes(options: WindowOptions): Record<string, Attribute> {
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1] } = options;
  return { strides: ints(strides), pads: ints(pads), dilations: ints(dilations) };
}

/**
 * 2-D convolution. x [N, C, H, W], weight [O, C / group, kh, kw], bias [O]. Differentiable with respect to the
 * bias and the input (by ConvTranspose); the backbones that use it are frozen, so the weight's product is not built.
 */
export function Conv(x: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
  expectRank('Conv', x, 4);
  expectRank('Conv', weight, 4);
  const { group = 1 } = options;
  const [n, c, height, width] = x.shape as [Dim, Dim, Dim, Dim];
  const [out, perGroup, kh, kw] = weight.shape as [number, number, number, number];
  if (c !== perGroup * group || out % group !== 0 || (bias && bias.shape[0] !== out)) {
    throw new GraphError(
      `Conv: input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}, ` +
        `bias ${bias ? formatShape(bias.shape) : 'none'} and ${group} groups do not fit`,
    );
  }
  const h = windowed(height, 0, kh, options, 'Conv');
  const w = windowed(width, 1, kw, options, 'Conv');
  const attributes = { ...windowAttributes(options), kernel_shape: ints([kh, kw]), group: int(group) };
  const inputs = bias ? [x, weight, bias] : [x, weight];
  return emitOne('Conv', inputs, { type: x.type, shape: [n, out, h, w] }, attributes, (dy) => [
    () => {
      const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1] } = options;
      // What the stride cut off at the far edges has to be given back.
      const rest = (size: number, kernel: number, axis: 0 | 1): number =>
        (size + pads[axis] + pads[axis + 2]! - (dilations[axis] * (kernel - 1) + 1)) % strides[axis];
      const padding = ints([rest(height as number, kh, 0), rest(width as number, kw, 1)]);
      return emitOne('ConvTranspose', [dy, weight], x, { ...attributes, output_padding: padding });
    },
    undefined,
    ...(bias ? [() => ReduceSum(dy, [0, 2, 3])] : []),
  ]);
}

/** Largest value of each window. Padding never wins. Not differentiable here. */
export function MaxPool(x: Value, kernel: Pair, options: WindowOptions = {}): Value {
  expectRank('MaxPool', x, 4);
  const [n, c, height, width] = x.shape as [Dim, Dim, Dim, Dim];
  const h = windowed(height, 0, kernel[0], options, 'MaxPool');
  const w = windowed(width, 1, kernel[1], options, 'MaxPool');
  const attributes = { ...windowAttributes(options), kernel_shape: ints(kernel) };
  return emitOne('MaxPool', [x], { type: x.type, shape: [n, c, h, w] }, attributes);
}

/** Mean of each window over what lies inside the image: padding is not counted. Not differentiable here. */
export function AveragePool(x: Value, kernel: Pair, options: Omit<WindowOptions, 'dilations'> = {}): Value {
  expectRank('AveragePool', x, 4);
  const [n, c, height, width] = x.shape as [Dim, Dim, Dim, Dim];
  const h = windowed(height, 0, kernel[0], options, 'AveragePool');
  const w = windowed(width, 1, kernel[1], options, 'AveragePool');
  const { strides = [1, 1], pads = [0, 0, 0, 0] } = options;
  const attributes = {
    strides: ints(strides),
    pads: ints(pads),
    kernel_shape: ints(kernel),
    count_include_pad: int(0),
  };
  return emitOne('AveragePool', [x], { type: x.type, shape: [n, c, h, w] }, attributes);
}

/** Mean over height and width: [N, C, H, W] to [N, C, 1, 1]. */
export function GlobalAveragePool(x: Value): Value {
  expectRank('GlobalAveragePool', x, 4);
  const [n, c] = x.shape as [Dim, Dim];
  return emitOne('GlobalAveragePool', [x], { type: x.type, shape: [n, c, 1, 1] });
}
