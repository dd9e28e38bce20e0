// The decoder a second time: one fiber, loops, double precision, nothing shared with the graphs. For tests.
import { blockSizes, type DecoderShape } from '../decoder/decoder-shape.js';
import type { Tensors } from './tensors.js';

type Numbers = ArrayLike<number>;

/** z and the log-determinant of one fiber x [C] under a condition [P]. */
export function plainDecoder(
  shape: DecoderShape,
  parameters: Readonly<Record<string, Numbers>>,
  x: Numbers,
  condition: Numbers,
): { z: number[]; logDeterminant: number } {
  const { active, passive, hidden } = blockSizes(shape);
  let z = Array.from(x);
  let logDeterminant = 0;
  for (let block = 0; block < shape.couplingBlocks; block++) {
    const get = (name: string): Numbers => parameters[`module_list.${block}.${name}`] as Numbers;
    const input = [...z.slice(0, passive), ...Array.from(condition)];
    const h = linear(get('subnet.0.weight'), get('subnet.0.bias'), input, hidden).map((v) => Math.max(0, v));
    const a = linear(get('subnet.2.weight'), get('subnet.2.bias'), h, 2 * active);
    for (let j = 0; j < active; j++) {
      const s = shape.clampAlpha * Math.tanh(0.1 * a[j]!);
      z[passive + j] = z[passive + j]! * Math.exp(s) + 0.1 * a[active + j]!;
      logDeterminant += s;
    }
    const v = z.map((value, c) => {
      const psi = 0.1 * 2 * Math.log1p(Math.exp(0.5 * get('global_scale')[c]!));
      logDeterminant += Math.log(psi);
      return value * psi + get('global_offset')[c]!;
    });
    z = shape.permuteSoft
      ? linear(get('w_perm'), new Float64Array(v.length), v, v.length)
      : v.map((_, c) => v[Number(get('w_perm_index')[c])]!);
  }
  return { z, logDeterminant };
}

/** Log-likelihood per dimension of one fiber. */
export function plainLogLikelihood(
  shape: DecoderShape,
  parameters: Readonly<Record<string, Numbers>>,
  x: Numbers,
  condition: Numbers,
): number {
  const { z, logDeterminant } = plainDecoder(shape, parameters, x, condition);
  const squares = z.reduce((sum, value) => sum + value * value, 0);
  return (-0.5 * z.length * Math.log(2 * Math.PI) - 0.5 * squares + logDeterminant) / z.length;
}

/** The parameters as plain numbers. */
export function plainParameters(parameters: Tensors): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { data }]) => [
      name,
      Float64Array.from(data as Float32Array, Number),
    ]),
  );
}

function linear(weight: Numbers, bias: Numbers, x: readonly number[], out: number): number[] {
  return Array.from({ length: out }, (_, row) =>
    x.reduce((sum, value, i) => sum + value * weight[row * x.length + i]!, bias[row]!),
  );
}
