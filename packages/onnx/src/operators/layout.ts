// Operators that move elements and compute nothing.
import { int, ints } from '../attribute.js';
import { emitOne, expectType, innermost, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { type Dim, formatShape, normalizeAxis, type Shape, staticCount } from '../shape.js';
import { Expand } from './broadcast.js';
import { Reshape } from './reshape.js';

/** Axes in another order: axis i of the result is axis `order[i]` of x. */
export function Transpose(x: Value, order: readonly number[]): Value {
  if (order.length !== x.shape.length || new Set(order).size !== order.length) {
    throw new GraphError(`Transpose: [${order}] is not an order of the axes of ${formatShape(x.shape)}`);
  }
  const shape = order.map((axis) => x.shape[normalizeAxis(axis, x.shape.length, 'Transpose')] as Dim);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return emitOne('Transpose', [x], { type: x.type, shape }, { perm: ints(order) }, (dy) => [
    () => Transpose(dy, inverse),
  ]);
}

/** Joins tensors along an axis. */
export function Concat(values: readonly Value[], axis: number): Value {
  const [first] = values;
  if (!first) throw new GraphError('Concat: nothing to join');
  const along = normalizeAxis(axis, first.shape.length, 'Concat');
  const sizes = values.map((value) => value.shape[along] as Dim);
  for (const value of values) {
    const fits =
      value.type === first.type &&
      value.shape.length === first.shape.length &&
      value.shape.every((dim, i) => i === along || dim === first.shape[i]);
    if (!fits) {
      const shapes = values.map((each) => `${each.type}${formatShape(each.shape)}`).join(', ');
      throw new GraphError(`Concat: ${shapes} do not fit along axis ${axis}`);
    }
  }
  const total =
    staticCount(sizes) === undefined
      ? first.graph.freshDim()
      : sizes.reduce<number>((sum, size) => sum + (size as number), 0);
  const shape = first.shape.map((dim, i) => (i === along ? total : dim));
  return emitOne('Concat', values, { type: first.type, shape }, { axis: int(along) }, (dy) => {
    let pieces: readonly Value[] | undefined;
    return values.map((_, index) => () => {
      pieces ??= Split(dy, sizes as number[], along);
      return pieces[index];
    });
  });
}

/** Cuts a tensor along an axis into pieces of the given sizes, which must add up. */
export function Split(x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  const along = normalizeAxis(axis, x.shape.length, 'Split');
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (x.shape[along] !== total) {
    throw new GraphError(`Split: [${sizes}] do not add up to axis ${axis} of ${formatShape(x.shape)}`);
  }
  const shapes = sizes.map((size) => x.shape.map((dim, i) => (i === along ? size : dim)));
  const node = x.graph.emit(
    'Split',
    [x, x.graph.int64s(sizes)],
    shapes.map((shape) => ({ type: x.type, shape })),
    { axis: int(along) },
    (cotangents) => {
      const graph = innermost(cotangents);
      const pieces = cotangents.map((dy, i) => dy ?? Expand(graph.scalar(0), shapes[i] as Shape));
      return [() => Concat(pieces, along), undefined];
    },
  );
  return node.outputs;
}

/** Rows `start` to `end` (exclusive) of an axis. */
export function Slice(x: Value, axis: number, start: number, end: number): Value {
  const along = normalizeAxis(axis, x.shape.length, 'Slice');
  const size = x.shape[along];
  if (!(start >= 0 && start <= end && (typeof size === 'string' || (size !== undefined && end <= size)))) {
    throw new GraphError(`Slice: ${start} to ${end} of axis ${axis} of ${formatShape(x.shape)}`);
  }
  const shape = x.shape.map((dim, i) => (i === along ? end - start : dim));
  const { graph } = x;
  const inputs = [x, graph.int64s([start]), graph.int64s([end]), graph.int64s([along])];
  return emitOne('Slice', inputs, { type: x.type, shape }, {}, (dy) => [
    () => {
      if (typeof size === 'string') throw new GraphError('Slice: the derivative needs a known size');
      const zeros = (count: number) =>
        Expand(
          dy.graph.scalar(0),
          shape.map((dim, i) => (i === along ? count : dim)),
        );
      const parts = [
        ...(start > 0 ? [zeros(start)] : []),
        dy,
        ...(end < (size as number) ? [zeros((size as number) - end)] : []),
      ];
      return parts.length === 1 ? dy : Concat(parts, along);
    },
    undefined,
    undefined,
    undefined,
  ]);
}

/** Rows of `x` along an axis, in the order of an int64 or int32 index of any shape. */
export function Gather(x: Value, index: Value, axis = 0): Value {
  expectType('Gather', index, 'int64', 'int32');
  const along = normalizeAxis(axis, x.shape.length, 'Gather');
  const shape = [...x.shape.slice(0, along), ...index.shape, ...x.shape.slice(along + 1)];
  return emitOne('Gather', [x, index], { type: x.type, shape }, { axis: int(along) }, (dy) => [
    () => scatterAdd(dy, index, x, along),
    undefined,
  ]);
}

// Rows that were taken more than once collect the sum of their cotangents.
function scatterAdd(dy: Value, index: Value, x: Value, axis: number): Value {
  if (axis !== 0) throw new GraphError('Gather: the derivative is built for axis 0 only; transpose first');
  const zeros = Expand(dy.graph.scalar(0), x.shape);
  const rows = Reshape(index, [...index.shape, 1]);
  return emitOne('ScatterND', [zeros, rows, dy], x, { reduction: { kind: 'string', value: 'add' } });
}

/**
 * Reorders an axis by a permutation: element i of the result is element `permutation[i]` of x. A Gather whose
 * cotangent is the Gather by the inverse, which is far cheaper than adding up rows.
 */
export function permute(x: Value, permutation: Value, inverse: Value, axis: number): Value {
  const along = normalizeAxis(axis, x.shape.length, 'permute');
  return emitOne('Gather', [x, permutation], x, { axis: int(along) }, (dy) => [
    () => permute(dy, inverse, permutation, along),
    undefined,
  ]);
}
