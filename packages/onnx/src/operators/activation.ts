// Element-wise functions of one variable. y is the output, dy its cotangent.
import { float } from '../attribute.js';
import { emitOne, expectType, type Value } from '../graph.js';
import { Add, Div, Mul, Neg, Sub } from './arithmetic.js';
import { Cast, Greater, Where } from './logic.js';

function unary(operator: string, x: Value, dx: (dy: Value, y: Value) => Value): Value {
  expectType(operator, x, 'float32', 'float16', 'float64');
  const y: Value = emitOne(operator, [x], x, {}, (dy) => [() => dx(dy, y)]);
  return y;
}

/** max(x, 0); the derivative at 0 is 0. */
export function Relu(x: Value): Value {
  // y > 0 exactly where x > 0, so that x need not be kept. Sign would be one node less, and is six times slower.
  return unary('Relu', x, (dy, y) => Mul(dy, Cast(Greater(y, y.graph.scalar(0)), x.type)));
}

/** tanh; its derivative is 1 - y². */
export function Tanh(x: Value): Value {
  return unary('Tanh', x, (dy, y) => Sub(dy, Mul(dy, Mul(y, y))));
}

/** 1 / (1 + e^-x); its derivative is y(1 - y). */
export function Sigmoid(x: Value): Value {
  return unary('Sigmoid', x, (dy, y) => Mul(dy, Mul(y, Sub(y.graph.scalar(1), y))));
}

/** ln(1 + e^x), computed without overflow; its derivative is the sigmoid of x. */
export function Softplus(x: Value): Value {
  return unary('Softplus', x, (dy) => Mul(dy, Sigmoid(x)));
}

/** e^x. */
export function Exp(x: Value): Value {
  return unary('Exp', x, (dy, y) => Mul(dy, y));
}

/** Natural logarithm. */
export function Log(x: Value): Value {
  return unary('Log', x, (dy) => Div(dy, x));
}

/** Square root; its derivative is 1/(2y). */
export function Sqrt(x: Value): Value {
  return unary('Sqrt', x, (dy, y) => Div(dy, Add(y, y)));
}

/** |x|; the derivative at 0 is 0. */
export function Abs(x: Value): Value {
  const zero = () => x.graph.scalar(0);
  return unary('Abs', x, (dy) =>
    Where(Greater(x, zero()), dy, Where(Greater(zero(), x), Neg(dy), Mul(dy, zero()))),
  );
}

/** x held within [low, high]; the derivative is 1 strictly inside, else 0. */
export function Clip(x: Value, low: number, high: number): Value {
  const { graph } = x;
  const bounds = [graph.scalar(low), graph.scalar(high)] as const;
  return emitOne('Clip', [x, ...bounds], x, {}, (dy) => [
    () => {
      const inside = Mul(Cast(Greater(x, bounds[0]), x.type), Cast(Greater(bounds[1], x), x.type));
      return Mul(dy, inside);
    },
    undefined,
    undefined,
  ]);
}

/** min(max(alpha·x + beta, 0), 1). */
export function HardSigmoid(x: Value, alpha = 0.2, beta = 0.5): Value {
  const y: Value = emitOne('HardSigmoid', [x], x, { alpha: float(alpha), beta: float(beta) }, (dy) => [
    () => {
      const inside = Mul(
        Cast(Greater(y, y.graph.scalar(0)), x.type),
        Cast(Greater(y.graph.scalar(1), y), x.type),
      );
      return Mul(dy, Mul(inside, y.graph.scalar(alpha)));
    },
  ]);
  return y;
}

/** x · hardSigmoid(x) with slope 1/6 (MobileNetV3), as the product of two differentiable operators. */
export function HardSwish(x: Value): Value {
  return Mul(x, HardSigmoid(x, 1 / 6, 0.5));
}
