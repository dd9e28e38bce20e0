import { emitOne, expectType, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { broadcastShapes } from '../shape.js';
import { sumTo } from './broadcast.js';

type Thunks = readonly (() => Value)[];

function elementwise(operator: string, a: Value, b: Value, vjp?: (cotangent: Value) => Thunks): Value {
  if (a.type !== b.type) {
    throw new GraphError(`${operator}: "${a.name}" is ${a.type}, "${b.name}" is ${b.type}`);
  }
  const shape = broadcastShapes(a.shape, b.shape, operator);
  return emitOne(operator, [a, b], { type: a.type, shape }, {}, vjp);
}

/** a + b, with broadcasting. */
export function Add(a: Value, b: Value): Value {
  return elementwise('Add', a, b, (dy) => [() => sumTo(dy, a.shape), () => sumTo(dy, b.shape)]);
}

/** a - b, with broadcasting. */
export function Sub(a: Value, b: Value): Value {
  return elementwise('Sub', a, b, (dy) => [() => sumTo(dy, a.shape), () => sumTo(Neg(dy), b.shape)]);
}

/** a · b element by element, with broadcasting. */
export function Mul(a: Value, b: Value): Value {
  return elementwise('Mul', a, b, (dy) => [
    () => sumTo(Mul(dy, b), a.shape),
    () => sumTo(Mul(dy, a), b.shape),
  ]);
}

/** a / b element by element, with broadcasting. d(a/b) = da/b - (a/b)·db/b. */
export function Div(a: Value, b: Value): Value {
  const y: Value = elementwise('Div', a, b, (dy) => [
    () => sumTo(Div(dy, b), a.shape),
    () => sumTo(Neg(Mul(dy, Div(y, b))), b.shape),
  ]);
  return y;
}

/** -x. */
export function Neg(x: Value): Value {
  return emitOne('Neg', [x], x, {}, (dy) => [() => Neg(dy)]);
}

/** Remainder of integers, with the sign of the divisor. */
export function Mod(a: Value, b: Value): Value {
  expectType('Mod', a, 'int32', 'int64');
  return elementwise('Mod', a, b);
}

/** The larger of a and b, element by element. */
export function Max(a: Value, b: Value): Value {
  return elementwise('Max', a, b);
}

/** The smaller of a and b, element by element. */
export function Min(a: Value, b: Value): Value {
  return elementwise('Min', a, b);
}
