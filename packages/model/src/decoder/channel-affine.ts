// What stored features still lack, as numbers: computed here once, in double precision, and not by nodes of the graph.
// Each node costs the runtime time when it loads a model, and there would be forty per coupling block.
import type { Tensor } from '@cflow/onnx';
import { float16ToFloat32 } from '../weights/float16.js';

/** x = scale ⊙ (q + offset), one number per channel. */
export interface ChannelAffine {
  scale: Float64Array;
  offset: Float64Array;
}

/** Of features that lack nothing. */
export function identityAffine(channels: number): ChannelAffine {
  return { scale: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
}

/** Factor ⊙ x + shift: factor ⊙ scale ⊙ (q + offset + shift / (factor ⊙ scale)). */
export function followedBy(
  { scale, offset }: ChannelAffine,
  factor: Float64Array,
  shift: ArrayLike<number>,
): ChannelAffine {
  const product = scale.map((value, i) => value * factor[i]!);
  return {
    scale: product,
    offset: offset.map((value, i) => value + shift[i]! / product[i]!),
  };
}

/** The channels in another order: channel i of the result is channel `index[i]`. */
export function gathered({ scale, offset }: ChannelAffine, index: ArrayLike<number>): ChannelAffine {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(index, (from) => values[from]!);
  return { scale: pick(scale), offset: pick(offset) };
}

export function joined(first: ChannelAffine, second: ChannelAffine): ChannelAffine {
  return {
    scale: Float64Array.of(...first.scale, ...second.scale),
    offset: Float64Array.of(...first.offset, ...second.offset),
  };
}

/** The first `count` channels and the others. */
export function splitAt({ scale, offset }: ChannelAffine, count: number): [ChannelAffine, ChannelAffine] {
  return [
    { scale: scale.slice(0, count), offset: offset.slice(0, count) },
    { scale: scale.slice(count), offset: offset.slice(count) },
  ];
}

/** What a matrix of rows of `stride` numbers makes of the first numbers of each, which are what x is at q = 0. */
export function timesOffset(
  matrix: ArrayLike<number>,
  stride: number,
  { scale, offset }: ChannelAffine,
): Float64Array {
  const x = offset.map((value, i) => value * scale[i]!);
  return Float64Array.from({ length: matrix.length / stride }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += matrix[row * stride + i]! * x[i]!;
    return sum;
  });
}

/** ψ = 0.2 · ln(1 + e^(g/2)), see `globalScaleFactor`. */
export function globalScaleFactors(globalScale: ArrayLike<number>): Float64Array {
  return Float64Array.from(
    globalScale,
    (g) => 0.2 * (Math.max(g / 2, 0) + Math.log1p(Math.exp(-Math.abs(g / 2)))),
  );
}

/** The numbers of a tensor; halves as what they stand for. */
export function numbersOf({ type, data }: Tensor): ArrayLike<number> {
  if (type === 'float16') return float16ToFloat32(data as Uint16Array);
  return data instanceof BigInt64Array ? Array.from(data, Number) : data;
}
