import { GraphError } from '../graph-error.js';
import { MAX_RANK } from './inspection-limits.js';
import type { AttributeValue, NodeMessage } from './read-graph-message.js';
import type { ConstantMessage } from './read-tensor-message.js';
import { shown } from './shown.js';

/** What is known of a value before the graph runs. */
export interface Known {
  /** Number of TensorProto.DataType. */
  readonly type: number;
  readonly dims: readonly number[];
  /** Its numbers, where they follow from the graph alone and are few. */
  readonly values?: readonly number[] | undefined;
}

/** One node as the rule of its operator sees it. */
export class NodeSite {
  readonly operator: string;
  /** How many values it gives. */
  readonly outputs: number;
  /** Multiplications, beside what every element costs. */
  work = 0;
  /** Bytes that it takes while it runs, beside what it gives. */
  scratch = 0;
  readonly #node: NodeMessage;
  readonly #inputs: readonly (Known | undefined)[];

  constructor(node: NodeMessage, inputs: readonly (Known | undefined)[]) {
    this.operator = node.operator;
    this.outputs = node.outputs.length;
    this.#node = node;
    this.#inputs = inputs;
  }

  get inputs(): readonly Known[] {
    return this.#inputs.map((_, index) => this.input(index));
  }

  input(index: number): Known {
    return this.#inputs[index] ?? this.refuse(`lacks its input ${index + 1}`);
  }

  optional(index: number): Known | undefined {
    return this.#inputs[index];
  }

  /** The numbers of an input that decides about sizes. */
  sizes(index: number): readonly number[] {
    const values = this.numbers(index);
    return values.every(Number.isFinite) ? values : this.refuse('gives what has a size beyond all bounds');
  }

  /** As `sizes`; those beyond 2^53 are infinities. */
  numbers(index: number): readonly number[] {
    const { values } = this.input(index);
    return (
      values ??
      this.refuse(
        'gives what has a size that only a run can tell: export the network for images of a fixed size',
      )
    );
  }

  int(name: string, otherwise: number): number {
    const value = this.#node.attributes.get(name) ?? otherwise;
    return typeof value === 'number' ? value : this.#wrong(name);
  }

  ints(name: string): readonly number[] | undefined {
    const value = this.#node.attributes.get(name);
    if (value === undefined) return undefined;
    return isList(value) ? value : this.#wrong(name);
  }

  text(name: string, otherwise: string): string {
    const value = this.#node.attributes.get(name) ?? otherwise;
    return typeof value === 'string' ? value : this.#wrong(name);
  }

  constant(name: string): ConstantMessage | undefined {
    const value = this.#node.attributes.get(name);
    if (value === undefined) return undefined;
    return typeof value === 'object' && 'dims' in value ? value : this.#wrong(name);
  }

  /** Axes that an attribute names, or an input where newer operator sets have it; undefined where neither does. */
  axes(input: number): readonly number[] | undefined {
    return this.optional(input) ? this.sizes(input) : this.ints('axes');
  }

  /** An axis counted from the front. */
  axis(axis: number, rank: number): number {
    const found = axis < 0 ? axis + rank : axis;
    return Number.isInteger(found) && found >= 0 && found < rank
      ? found
      : this.refuse(`names an axis that is not there`);
  }

  /** Sizes that a tensor can have. */
  shape(dims: readonly number[]): readonly number[] {
    if (dims.length <= MAX_RANK && dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) return dims;
    return this.refuse('gives what has a shape that no tensor can have');
  }

  /** The shape of shapes together, by ONNX's rules. */
  broadcast(shapes: readonly (readonly number[])[]): readonly number[] {
    // Plain loops: this is called for most nodes, and a graph is inspected once, before anything is compiled.
    let rank = 0;
    for (const { length } of shapes) rank = Math.max(rank, length);
    const sizes = new Array<number>(rank).fill(1);
    for (const dims of shapes) {
      for (let axis = 0; axis < dims.length; axis++) {
        const at = rank - dims.length + axis;
        const dim = dims[axis]!;
        if (dim === 1 || dim === sizes[at]) continue;
        if (sizes[at] !== 1) this.refuse('takes shapes that do not go together');
        sizes[at] = dim;
      }
    }
    return sizes;
  }

  refuse(problem: string): never {
    throw new GraphError(`node ${shown(this.#node.name)} (${this.operator}) ${problem}`);
  }

  #wrong(name: string): never {
    return this.refuse(`has the attribute ${shown(name)} of another type`);
  }
}

function isList(value: AttributeValue): value is readonly number[] {
  return Array.isArray(value);
}

/** What an operator gives, by what it takes. */
export type OperatorRule = (site: NodeSite) => readonly Known[];

/** Elements of a shape. */
export function countOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
