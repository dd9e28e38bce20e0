import { int } from '../attribute.js';
import { emitOne, expectType, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { broadcastShapes } from '../shape.js';
import type { DataType } from '../tensor.js';
import { sumTo } from './broadcast.js';

// Numbers of ONNX's TensorProto.DataType.
export const ELEMENT_TYPE: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

const FLOATS: readonly DataType[] = ['float16', 'float32', 'float64'];

/** Converts the element type. Differentiable between floating-point types. */
export function Cast(x: Value, to: DataType): Value {
  if (x.type === to) return x;
  const differentiable = FLOATS.includes(x.type) && FLOATS.includes(to);
  return emitOne('Cast', [x], { type: to, shape: x.shape }, { to: int(ELEMENT_TYPE[to]) }, (dy) => [
    differentiable ? () => Cast(dy, x.type) : undefined,
  ]);
}

function compare(operator: string, a: Value, b: Value): Value {
  if (a.type !== b.type) throw new GraphError(`${operator}: ${a.type} with ${b.type}`);
  return emitOne(operator, [a, b], { type: 'bool', shape: broadcastShapes(a.shape, b.shape, operator) });
}

/** a > b. */
export function Greater(a: Value, b: Value): Value {
  return compare('Greater', a, b);
}

/** a < b. */
export function Less(a: Value, b: Value): Value {
  return compare('Less', a, b);
}

/** Both true. */
export function And(a: Value, b: Value): Value {
  expectType('And', a, 'bool');
  return compare('And', a, b);
}

/** The opposite truth value. */
export function Not(x: Value): Value {
  expectType('Not', x, 'bool');
  return emitOne('Not', [x], x);
}

/** a where the condition holds, else b. */
export function Where(condition: Value, a: Value, b: Value): Value {
  expectType('Where', condition, 'bool');
  if (a.type !== b.type) throw new GraphError(`Where: ${a.type} with ${b.type}`);
  const shape = broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape, 'Where'), 'Where');
  return emitOne('Where', [condition, a, b], { type: a.type, shape }, {}, (dy) => {
    const zero = () => Cast(dy.graph.scalar(0), a.type);
    return [
      undefined,
      () => sumTo(Where(condition, dy, zero()), a.shape),
      () => sumTo(Where(condition, zero(), dy), b.shape),
    ];
  });
}

/** The same value under another name: what a loop's body needs to hand something on unchanged. */
export function Identity(x: Value): Value {
  return emitOne('Identity', [x], x, {}, (dy) => [() => dy]);
}
