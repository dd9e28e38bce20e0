// Operators that give one element for each that they take.
import { BOOL, ELEMENTS, FLOAT32, FLOAT64 } from '../element-types.js';
import { exact, foldValues } from '../fold-values.js';
import type { Known, NodeSite, OperatorRule } from '../node-site.js';

type Numbers = Parameters<typeof foldValues>[3];

/** Of one value; the numbers of those that may decide about a size. */
const UNARY: Readonly<Record<string, Numbers | undefined>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Floor: Math.floor,
  Neg: (x) => -x,
  Not: (x) => (x ? 0 : 1),
  Relu: (x) => Math.max(x, 0),
  Sign: Math.sign,
  Sqrt: Math.sqrt,
};
const UNARY_NAMES =
  'Celu Clip Cos Elu Erf Exp Gelu HardSigmoid HardSwish LeakyRelu Log Mish Reciprocal Round Selu Sigmoid Sin ' +
  'Softplus Softsign Swish Tanh ThresholdedRelu';

const ARITHMETIC: Readonly<Record<string, Numbers | undefined>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Max: (...all) => Math.max(...all),
  Min: (...all) => Math.min(...all),
  Mean: undefined,
  Pow: undefined,
  PRelu: undefined,
  Sum: undefined,
};

const COMPARISONS: Readonly<Record<string, Numbers>> = {
  And: (a, b) => (a && b ? 1 : 0),
  Equal: (a, b) => (a === b ? 1 : 0),
  Greater: (a, b) => (a > b ? 1 : 0),
  GreaterOrEqual: (a, b) => (a >= b ? 1 : 0),
  Less: (a, b) => (a < b ? 1 : 0),
  LessOrEqual: (a, b) => (a <= b ? 1 : 0),
  Or: (a, b) => (a || b ? 1 : 0),
  Xor: (a, b) => (a !== b ? 1 : 0),
};

const isFloat = (type: number): boolean => type === FLOAT32 || type === FLOAT64;

function unary(compute: Numbers | undefined): OperatorRule {
  return (site) => {
    const { type, dims } = site.input(0);
    return [{ type, dims, values: compute && foldValues(type, dims, [site.input(0)], compute) }];
  };
}

function broadcasting(compute: Numbers | undefined, gives?: number): OperatorRule {
  return (site) => {
    const { inputs } = site;
    const type = gives ?? site.input(0).type;
    const dims = site.broadcast(inputs.map((input) => input.dims));
    return [{ type, dims, values: compute && foldValues(type, dims, inputs, compute) }];
  };
}

/** Whole numbers are divided towards zero. */
function divide(site: NodeSite): readonly Known[] {
  return broadcasting(isFloat(site.input(0).type) ? (a, b) => a / b : (a, b) => (a - (a % b)) / b)(site);
}

/** The remainder has the sign of the divisor, or with `fmod` that of what is divided. */
function remainder(site: NodeSite): readonly Known[] {
  const ofDivisor = (a: number, b: number): number => {
    const rest = a % b;
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
  };
  return broadcasting(site.int('fmod', 0) ? (a, b) => a % b : ofDivisor)(site);
}

function where(site: NodeSite): Known[] {
  const { inputs } = site;
  const { type } = site.input(1);
  const dims = site.broadcast(inputs.map((input) => input.dims));
  return [{ type, dims, values: foldValues(type, dims, inputs, (condition, a, b) => (condition ? a : b)) }];
}

function cast(site: NodeSite): Known[] {
  const like = site.operator === 'CastLike' ? site.input(1).type : site.int('to', 0);
  if (!ELEMENTS.has(like)) site.refuse('makes texts, or numbers of a type that no network here has');
  const { dims, values, type } = site.input(0);
  const toWhole = isFloat(type) && !isFloat(like) && like !== BOOL;
  // Not folded number by number: "to the end" stays what it is.
  const folded = values?.map((value) =>
    Math.abs(value) === Infinity && !toWhole ? value : exact(like, toWhole ? Math.trunc(value) : value),
  );
  const known = folded?.every((value) => value !== undefined) ? (folded as number[]) : undefined;
  return [{ type: like, dims, values: known }];
}

const rules = <T>(
  table: Readonly<Record<string, T>>,
  rule: (of: T) => OperatorRule,
): [string, OperatorRule][] => Object.entries(table).map(([name, of]) => [name, rule(of)]);

export const ELEMENTWISE: readonly [string, OperatorRule][] = [
  ...rules(UNARY, unary),
  ...UNARY_NAMES.split(' ').map((name): [string, OperatorRule] => [name, unary(undefined)]),
  ...rules(ARITHMETIC, (compute) => broadcasting(compute)),
  ...rules(COMPARISONS, (compute) => broadcasting(compute, BOOL)),
  ['IsInf', (site) => [{ type: BOOL, dims: site.input(0).dims }]],
  ['IsNaN', (site) => [{ type: BOOL, dims: site.input(0).dims }]],
  ['Identity', (site) => [site.input(0)]],
  ['Div', divide],
  ['Mod', remainder],
  ['Where', where],
  ['Cast', cast],
  ['CastLike', cast],
];
