// Operators that take some of the elements, and those that put some in their place.
import { moveValues } from '../fold-values.js';
import { countOf, type Known, type NodeSite, type OperatorRule } from '../node-site.js';

function slice(site: NodeSite): Known[] {
  const input = site.input(0);
  const { type, dims } = input;
  // "To the end" is a number that no double holds.
  const [starts, ends] = [site.numbers(1), site.numbers(2)];
  const axes = site.optional(3) ? site.sizes(3) : starts.map((_, axis) => axis);
  const steps = site.optional(4) ? site.sizes(4) : starts.map(() => 1);
  if ([ends, axes, steps].some(({ length }) => length !== starts.length))
    site.refuse('names no stretch of each axis');
  if (new Set(axes.map((axis) => site.axis(axis, dims.length))).size < axes.length)
    site.refuse('names an axis twice');
  const sizes = [...dims];
  const stretches = dims.map(() => ({ start: 0, step: 1 }));
  axes.forEach((named, index) => {
    const axis = site.axis(named, dims.length);
    const [size, step] = [dims[axis]!, steps[index]!];
    if (step === 0) site.refuse('goes on by steps of 0');
    const within = (place: number, least: number, most: number): number =>
      Math.min(Math.max(place < 0 ? place + size : place, least), most);
    const last = step > 0 ? size : size - 1;
    const start = within(starts[index]!, 0, last);
    const end = within(ends[index]!, step > 0 ? 0 : -1, last);
    const count = Math.max(0, Math.ceil((end - start) / step));
    sizes[axis] = count;
    stretches[axis] = { start, step };
  });
  const values = moveValues(input, site.shape(sizes), (axis, at) => {
    const { start, step } = stretches[axis] as (typeof stretches)[number];
    return start + at[axis]! * step;
  });
  return [{ type, dims: sizes, values }];
}

function gather(site: NodeSite): Known[] {
  const [data, indices] = [site.input(0), site.input(1)];
  const axis = site.axis(site.int('axis', 0), data.dims.length);
  const dims = site.shape([...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)]);
  const { values } = data;
  const known = data.dims.length === 1 && values && indices.values;
  const taken = known
    ? indices.values?.map((index) => values[index < 0 ? index + values.length : index])
    : undefined;
  if (taken?.includes(undefined)) site.refuse('takes an element that is not there');
  return [{ type: data.type, dims, values: taken as number[] | undefined }];
}

function gatherElements(site: NodeSite): Known[] {
  return [{ type: site.input(0).type, dims: site.input(1).dims }];
}

function gatherNd(site: NodeSite): Known[] {
  const [data, indices] = [site.input(0), site.input(1)];
  const batch = site.int('batch_dims', 0);
  const depth = indices.dims.at(-1) ?? 0;
  if (!(batch >= 0 && batch + depth <= data.dims.length))
    site.refuse('takes indices that do not go with its input');
  return [
    { type: data.type, dims: site.shape([...indices.dims.slice(0, -1), ...data.dims.slice(batch + depth)]) },
  ];
}

function scatter(site: NodeSite): Known[] {
  const { type, dims } = site.input(0);
  site.work = countOf(site.input(2).dims);
  return [{ type, dims }];
}

export const INDEXING: readonly [string, OperatorRule][] = [
  ['Slice', slice],
  ['Gather', gather],
  ['GatherElements', gatherElements],
  ['GatherND', gatherNd],
  ['ScatterElements', scatter],
  ['ScatterND', scatter],
];
