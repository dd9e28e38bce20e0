import { BOOL, FLOAT32, FLOAT64, INT32, INT64 } from './element-types.js';
import { MAX_FOLLOWED } from './inspection-limits.js';
import { countOf, type Known } from './node-site.js';

/**
 * The numbers of an element-wise operation, where all that go in are known. They decide about sizes, so they are exact
 * or not known at all: what would leave the type, or 2^53, is what a graph could hide a size behind.
 */
export function foldValues(
  type: number,
  dims: readonly number[],
  inputs: readonly Known[],
  compute: (a: number, b: number, c: number, ...more: number[]) => number,
): readonly number[] | undefined {
  const count = countOf(dims);
  if (count > MAX_FOLLOWED || inputs.some(({ values }) => !values)) return undefined;
  const strides = inputs.map((input) => stridesIn(input.dims, dims));
  const folded: number[] = [];
  for (let index = 0; index < count; index++) {
    const numbers = inputs.map(
      ({ values }, i) => values?.[placeOf(index, dims, strides[i] ?? [])] ?? Number.NaN,
    );
    const value = numbers.every(Number.isFinite)
      ? exact(type, compute(...(numbers as [number, number, number])))
      : undefined;
    if (value === undefined) return undefined;
    folded.push(value);
  }
  return folded;
}

/**
 * The numbers of a value whose elements are those of another in other places.
 *
 * @param place where along each axis of `from` an element of the result comes from
 */
export function moveValues(
  { dims: from, values }: Known,
  dims: readonly number[],
  place: (axis: number, at: readonly number[]) => number,
): readonly number[] | undefined {
  const count = countOf(dims);
  if (!values || count > MAX_FOLLOWED) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const at: number[] = [];
    let rest = index;
    for (const size of [...dims].reverse()) {
      at.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return values[from.reduce((sum, size, axis) => sum * size + place(axis, at), 0)]!;
  });
}

/** A number as its type holds it; undefined where it does not, or where engines differ. */
export function exact(type: number, value: number): number | undefined {
  switch (type) {
    case BOOL:
      return value ? 1 : 0;
    // No whole number has a zero of its own below 0.
    case INT32:
      return value === (value | 0) ? value + 0 : undefined;
    case INT64:
      return Number.isSafeInteger(value) ? value + 0 : undefined;
    case FLOAT32:
      return finite(Math.fround(value));
    case FLOAT64:
      return finite(value);
    default:
      return undefined;
  }
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** How far apart neighbors along each axis of `dims` lie in a tensor that is broadcast to it. */
function stridesIn(own: readonly number[], dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(0);
  let stride = 1;
  for (let axis = own.length - 1; axis >= 0; axis--) {
    const size = own[axis]!;
    if (size > 1) strides[axis + dims.length - own.length] = stride;
    stride *= size;
  }
  return strides;
}

function placeOf(index: number, dims: readonly number[], strides: readonly number[]): number {
  let rest = index;
  let place = 0;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const size = dims[axis]!;
    place += (rest % size) * strides[axis]!;
    rest = Math.floor(rest / size);
  }
  return place;
}
