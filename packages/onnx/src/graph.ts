// A graph is data under construction: values know their type and shape, so that a mistake is an exception with a
// stack at the line that made it, not a message from the runtime about node 1274.
import type { ForeignNodes } from './foreign/foreign-model.js';
import { GraphError } from './graph-error.js';
import { formatShape, type Shape } from './shape.js';
import { type DataType, elementCount, float32, int64, type Tensor } from './tensor.js';

/** One tensor-valued edge of a graph. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly type: DataType;
  readonly shape: Shape;
  /** The node that makes it; undefined for inputs and constants. */
  readonly producer?: Node;
}

/**
 * Vector-Jacobian product: given the cotangent of each output (undefined where the loss does not depend on it),
 * one function per input that builds that input's cotangent. They are functions so that only those are built
 * that somebody asked for. `undefined` for inputs that have no derivative (indices, shapes).
 */
export type VectorJacobianProduct = (
  cotangents: readonly (Value | undefined)[],
) => readonly ((() => Value | undefined) | undefined)[];

export interface Node {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly vjp?: VectorJacobianProduct;
  /** The nodes that stand for this one where a model is written; `operator` is then no operator of ONNX. */
  readonly foreign?: ForeignNodes;
}

/** Type and shape of a node's output. */
export interface OutputType {
  type: DataType;
  shape: Shape;
}

export class Graph {
  readonly name: string;
  /** The graph around this one, when this is the body of a Loop. Its values may be used here. */
  readonly parent: Graph | undefined;
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly outputs: { name: string; value: Value }[] = [];
  readonly initializers: Map<string, Tensor> = new Map();
  readonly #names: Set<string>;
  /** The last suffix given to a name, so that the thousandth `Mul` need not try 999. */
  readonly #suffixes: Map<string, number>;
  readonly #scalars: Map<string, Value> = new Map();
  #scope = '';

  constructor(name: string, parent?: Graph) {
    this.name = name;
    this.parent = parent;
    // A body shares its parent's names, since ONNX looks names up outwards.
    this.#names = parent ? parent.#names : new Set();
    this.#suffixes = parent ? parent.#suffixes : new Map();
  }

  /** An input that is given when the graph runs. */
  input(name: string, type: DataType, shape: Shape): Value {
    const value = this.#value(this.#claim(name), type, shape);
    this.inputs.push(value);
    return value;
  }

  /** Declares a value as output under exactly this name. */
  output(name: string, value: Value): void {
    if (value.graph !== this) throw new GraphError(`output "${name}" belongs to graph "${value.graph.name}"`);
    if (this.outputs.some((output) => output.name === name)) {
      throw new GraphError(`graph "${this.name}" has two outputs named "${name}"`);
    }
    this.outputs.push({ name, value });
  }

  /** A constant, stored in the outermost graph. */
  constant(tensor: Tensor, name = 'constant'): Value {
    if (this.parent) return this.parent.constant(tensor, name);
    if (tensor.data.length !== elementCount(tensor.dims)) {
      throw new GraphError(
        `constant "${name}": ${formatShape(tensor.dims)} with ${tensor.data.length} elements`,
      );
    }
    const unique = this.#unique(name);
    this.initializers.set(unique, tensor);
    return this.#value(unique, tensor.type, tensor.dims);
  }

  /** A float32 constant with no dimensions; equal numbers share one constant. */
  scalar(value: number): Value {
    return this.#shared(`f${value}`, () => this.constant(float32([], [value]), 'scalar'));
  }

  /** An int64 vector constant, as shapes and axes are; equal vectors share one constant. */
  int64s(values: readonly number[]): Value {
    return this.#shared(`i${values}`, () => this.constant(int64([values.length], values), 'int64s'));
  }

  /** Names of nodes built inside `build` start with `scope/`. */
  scope<T>(scope: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${scope}/`;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** Adds a node. Operators call this; others call operators. */
  emit(
    operator: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputType[],
    attributes: Readonly<Record<string, Attribute>> = {},
    vjp?: VectorJacobianProduct,
    foreign?: ForeignNodes,
  ): Node {
    for (const input of inputs) {
      if (input && !sees(this, input.graph)) {
        throw new GraphError(`${operator}: "${input.name}" is a value of graph "${input.graph.name}"`);
      }
    }
    const name = this.#unique(this.#scope + operator);
    const values: Value[] = [];
    const node: Node = {
      operator,
      name,
      inputs,
      outputs: values,
      attributes,
      ...(vjp && { vjp }),
      ...(foreign && { foreign }),
    };
    outputs.forEach(({ type, shape }, index) => {
      const valueName = this.#unique(outputs.length > 1 ? `${name}:${index}` : `${name}:`);
      values.push({ ...this.#value(valueName, type, shape), producer: node });
    });
    this.nodes.push(node);
    return node;
  }

  /** A symbolic size that no other has. */
  freshDim(): string {
    return this.#unique('dim');
  }

  /** How many graphs this one lies in. */
  get depth(): number {
    return this.parent ? this.parent.depth + 1 : 0;
  }

  #value(name: string, type: DataType, shape: Shape): Value {
    for (const dim of shape) {
      if (typeof dim === 'number' && (!Number.isSafeInteger(dim) || dim < 0)) {
        throw new GraphError(`"${name}": ${formatShape(shape)} is not a shape`);
      }
    }
    return { graph: this, name, type, shape };
  }

  #shared(key: string, make: () => Value): Value {
    if (this.parent) return this.parent.#shared(key, make);
    let value = this.#scalars.get(key);
    if (!value) {
      value = make();
      this.#scalars.set(key, value);
    }
    return value;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new GraphError(`the name "${name}" is taken`);
    this.#names.add(name);
    return name;
  }

  #unique(name: string): string {
    let suffix = this.#suffixes.get(name) ?? 0;
    let candidate = suffix === 0 ? name : `${name}_${suffix}`;
    while (this.#names.has(candidate)) candidate = `${name}_${++suffix}`;
    this.#suffixes.set(name, suffix + 1);
    return this.#claim(candidate);
  }
}

/** Whether values of `other` may be used in `graph`: it is the graph itself or one around it. */
function sees(graph: Graph, other: Graph): boolean {
  return graph === other || (graph.parent !== undefined && sees(graph.parent, other));
}

/** The innermost graph among the values': where a node on them belongs. */
export function innermost(values: readonly (Value | undefined)[]): Graph {
  let result: Graph | undefined;
  for (const value of values) {
    if (value && (!result || value.graph.depth > result.depth)) result = value.graph;
  }
  if (!result) throw new GraphError('an operator needs at least one value');
  return result;
}

/** Adds a node with one output to the innermost graph of its inputs and returns that output. */
export function emitOne(
  operator: string,
  inputs: readonly (Value | undefined)[],
  output: OutputType,
  attributes?: Readonly<Record<string, Attribute>>,
  vjp?: (cotangent: Value) => readonly ((() => Value | undefined) | undefined)[],
): Value {
  const node = innermost(inputs).emit(
    operator,
    inputs,
    [output],
    attributes,
    vjp && (([cotangent]) => (cotangent ? vjp(cotangent) : inputs.map(() => undefined))),
  );
  return node.outputs[0] as Value;
}

export function expectType(operator: string, value: Value, ...types: DataType[]): void {
  if (!types.includes(value.type)) {
    throw new GraphError(`${operator}: "${value.name}" is ${value.type}, expected ${types.join(' or ')}`);
  }
}

export function expectRank(operator: string, value: Value, rank: number): void {
  if (value.shape.length !== rank) {
    throw new GraphError(
      `${operator}: "${value.name}" has shape ${formatShape(value.shape)}, expected rank ${rank}`,
    );
  }
}

/** A node's attribute. ONNX tells int from float, JavaScript does not, so the kind is always spelled out. */
export type Attribute =
  | { kind: 'int'; value: number }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'ints'; value: readonly number[] }
  | { kind: 'floats'; value: readonly number[] }
  | { kind: 'tensor'; value: Tensor }
  | { kind: 'graph'; value: Graph };
