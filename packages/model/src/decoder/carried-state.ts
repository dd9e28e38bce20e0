import { type AdamOptions, type AdamStep, adam, elementCount, op, type Value } from '@cflow/onnx';

/** How parameters and Adam's sums go from step to step. */
export interface CarriedState {
  /** What the first step starts from. */
  initial: Value[];
  /** The parameters in what a step starts from. */
  parameters(carried: readonly Value[]): Value[];
  /** What the next step starts from, given the gradient of each parameter. */
  update(carried: readonly Value[], gradients: readonly Value[], step: AdamStep): Value[];
  /** Parameters, then sums of gradients, then sums of squares, in the order in which they were given. */
  results(carried: readonly Value[]): Value[];
}

/** Parameters, sums of gradients, sums of squares: one list of each, in one order. */
type StateParts = readonly [
  parameters: readonly Value[],
  gradientSums: readonly Value[],
  squareSums: readonly Value[],
];

/** Each tensor by itself: ten operators of Adam for each parameter. */
export function carriedApart(parts: StateParts, options?: AdamOptions): CarriedState {
  const count = parts[0].length;
  return {
    initial: parts.flat(),
    parameters: (carried) => carried.slice(0, count),
    update(carried, gradients, step) {
      const updates = gradients.map((gradient, i) => {
        const moments = {
          gradientSum: carried[count + i] as Value,
          squareSum: carried[2 * count + i] as Value,
        };
        return adam(carried[i] as Value, gradient, moments, step, options);
      });
      return [
        ...updates.map(({ parameter }) => parameter),
        ...updates.map(({ state }) => state.gradientSum),
        ...updates.map(({ state }) => state.squareSum),
      ];
    },
    results: (carried) => [...carried],
  };
}

/**
 * Tensors of one size in one row, such as the same weights of all blocks: ten operators of Adam for each row, one that cuts it into
 * parameters, and one that puts gradients into it. The numbers are the same to the bit, since each is computed as before.
 *
 * Of one size, and so many at most: ONNX Runtime's kernels for CUDA copy a table as long as the row to the card otherwise, each time.
 */
export function carriedInRows(parts: StateParts, options?: AdamOptions): CarriedState {
  const shapes = parts[0].map(({ shape }) => shape);
  const counts = shapes.map((shape) => elementCount(shape as readonly number[]));
  const rows = rowsOf(counts);
  const flat = (value: Value): Value => op.Reshape(value, [elementCount(value.shape as readonly number[])]);
  const joined = (values: readonly Value[]): Value[] =>
    rows.map((members) => {
      const own = members.map((i) => flat(values[i] as Value));
      return own.length === 1 ? (own[0] as Value) : op.Concat(own, 0);
    });
  const pieces = (carried: readonly Value[]): Value[] => {
    const found: Value[] = [];
    rows.forEach((members, row) => {
      const value = carried[row] as Value;
      const sizes = members.map((i) => counts[i]!);
      const own = members.length === 1 ? [value] : op.Split(value, sizes, 0);
      members.forEach((i, place) => {
        found[i] = op.Reshape(own[place] as Value, shapes[i] as Value['shape']);
      });
    });
    return found;
  };
  const partOf = (carried: readonly Value[], part: number): readonly Value[] =>
    carried.slice(part * rows.length, (part + 1) * rows.length);
  const apart = carriedApart(
    [0, 1, 2].map((part) => joined(parts[part] as readonly Value[])) as unknown as StateParts,
    options,
  );
  return {
    initial: apart.initial,
    parameters: (carried) => pieces(partOf(carried, 0)),
    update: (carried, gradients, step) => apart.update(carried, joined(gradients), step),
    results: (carried) => [0, 1, 2].flatMap((part) => pieces(partOf(carried, part))),
  };
}

/** Inputs that the kernel takes without a table. */
const MOST_IN_A_ROW = 32;

/** Which tensors share a row, by their places. */
function rowsOf(counts: readonly number[]): number[][] {
  const rows: number[][] = [];
  counts.forEach((count, i) => {
    const open = rows.find((members) => counts[members[0]!] === count && members.length < MOST_IN_A_ROW);
    if (open) open.push(i);
    else rows.push([i]);
  });
  return rows;
}
