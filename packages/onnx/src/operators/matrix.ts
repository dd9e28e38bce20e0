import { int } from '../attribute.js';
import { emitOne, expectRank, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { broadcastShapes, type Dim, formatShape } from '../shape.js';
import { sumTo } from './broadcast.js';
import { Transpose } from './layout.js';

export interface GemmOptions {
  /** Use a transposed: A is [K, M]. */
  transA?: boolean;
  /** Use b transposed: B is [N, K], as torch's Linear stores its weight. */
  transB?: boolean;
}

/** A·B + C for matrices: [M, K]·[K, N] + broadcastable to [M, N]. */
export function Gemm(a: Value, b: Value, c?: Value, options: GemmOptions = {}): Value {
  expectRank('Gemm', a, 2);
  expectRank('Gemm', b, 2);
  const { transA = false, transB = false } = options;
  const [m, k] = transA ? [a.shape[1], a.shape[0]] : [a.shape[0], a.shape[1]];
  const [k2, n] = transB ? [b.shape[1], b.shape[0]] : [b.shape[0], b.shape[1]];
  if (k !== k2) {
    throw new GraphError(`Gemm: inner sizes differ: ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  const shape = [m as Dim, n as Dim];
  if (c) broadcastShapes(c.shape, shape, 'Gemm');
  const attributes = { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0) };
  const inputs = c ? [a, b, c] : [a, b];
  return emitOne('Gemm', inputs, { type: a.type, shape }, attributes, (dy) => [
    // Y = op(A)·op(B): dA' = dY·op(B)ᵀ, dB' = op(A)ᵀ·dY, each transposed once more where A or B was.
    () =>
      transA
        ? Gemm(b, dy, undefined, { transA: transB, transB: true })
        : Gemm(dy, b, undefined, { transB: !transB }),
    () =>
      transB
        ? Gemm(dy, a, undefined, { transA: true, transB: transA })
        : Gemm(a, dy, undefined, { transA: !transA }),
    ...(c ? [() => sumTo(dy, c.shape)] : []),
  ]);
}

/** Matrix product over the last two axes; leading axes broadcast. */
export function MatMul(a: Value, b: Value): Value {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new GraphError(`MatMul: ${formatShape(a.shape)} and ${formatShape(b.shape)} need rank 2 or more`);
  }
  const [m, k] = a.shape.slice(-2);
  const [k2, n] = b.shape.slice(-2);
  if (k !== k2) {
    throw new GraphError(`MatMul: inner sizes differ: ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), 'MatMul');
  return emitOne('MatMul', [a, b], { type: a.type, shape: [...lead, m as Dim, n as Dim] }, {}, (dy) => [
    () => sumTo(MatMul(dy, swapLast(b)), a.shape),
    () => sumTo(MatMul(swapLast(a), dy), b.shape),
  ]);
}

function swapLast(x: Value): Value {
  const rank = x.shape.length;
  const order = x.shape.map((_, axis) => axis);
  order.splice(rank - 2, 2, rank - 1, rank - 2);
  return Transpose(x, order);
}
