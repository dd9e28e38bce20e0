// Operators that put elements in another order or shape.
import { moveValues } from '../fold-values.js';
import { MAX_FOLLOWED } from '../inspection-limits.js';
import { countOf, type Known, type NodeSite, type OperatorRule } from '../node-site.js';

function reshape(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  const wanted = site.sizes(1);
  const keepsZero = site.int('allowzero', 0) !== 0;
  const sizes = wanted.map((size, axis) => {
    if (size !== 0 || keepsZero) return size;
    return dims[axis] ?? site.refuse('copies a size that is not there');
  });
  const rest = countOf(sizes.filter((size) => size !== -1));
  const open = sizes.filter((size) => size === -1).length;
  const found = sizes.map((size) => (size === -1 ? countOf(dims) / rest : size));
  if (open > 1 || countOf(found) !== countOf(dims))
    site.refuse('gives elements a shape that does not hold them');
  return [{ type, dims: site.shape(found), values }];
}

function transpose(site: NodeSite): Known[] {
  const input = site.input(0);
  const { type, dims } = input;
  const order = site.ints('perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
  if (order.length !== dims.length || new Set(order).size !== order.length)
    site.refuse('names no order of its axes');
  const turned = order.map((axis) => dims[site.axis(axis, dims.length)]!);
  const values = moveValues(input, turned, (axis, at) => at[order.indexOf(axis)] ?? 0);
  return [{ type, dims: turned, values }];
}

function concat(site: NodeSite): Known[] {
  const { inputs } = site;
  const { type, dims } = site.input(0);
  const axis = site.axis(site.int('axis', 0), dims.length);
  const fits = inputs.every(
    (input) =>
      input.dims.length === dims.length && input.dims.every((dim, at) => at === axis || dim === dims[at]),
  );
  if (!fits) site.refuse('joins shapes that do not go together');
  const size = inputs.reduce((sum, input) => sum + input.dims[axis]!, 0);
  const known = dims.length === 1 && size <= MAX_FOLLOWED && inputs.every(({ values }) => values);
  const values = known ? inputs.flatMap((input) => input.values ?? []) : undefined;
  return [{ type, dims: site.shape(dims.map((dim, at) => (at === axis ? size : dim))), values }];
}

function split(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  const axis = site.axis(site.int('axis', 0), dims.length);
  const size = dims[axis]!;
  const named = site.optional(1) ? site.sizes(1) : site.ints('split');
  const parts = named ?? new Array<number>(site.outputs).fill(size / site.outputs);
  if (parts.length !== site.outputs || parts.reduce((sum, part) => sum + part, 0) !== size) {
    site.refuse('cuts its input into other parts than it has');
  }
  let start = 0;
  return parts.map((part) => {
    const own = dims.length === 1 ? values?.slice(start, start + part) : undefined;
    start += part;
    return { type, dims: site.shape(dims.map((dim, at) => (at === axis ? part : dim))), values: own };
  });
}

function flatten(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  const named = site.int('axis', 1);
  const axis = site.axis(named < 0 ? named + dims.length : named, dims.length + 1);
  return [{ type, dims: site.shape([countOf(dims.slice(0, axis)), countOf(dims.slice(axis))]), values }];
}

function squeeze(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  const named = site.axes(1)?.map((axis) => site.axis(axis, dims.length));
  if (named?.some((axis) => dims[axis] !== 1)) site.refuse('leaves out an axis that is not 1');
  return [{ type, dims: dims.filter((dim, axis) => (named ? !named.includes(axis) : dim !== 1)), values }];
}

function unsqueeze(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  const axes = site.axes(1) ?? [];
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => site.axis(axis, rank)));
  if (added.size < axes.length) site.refuse('names an axis twice');
  const rest = [...dims];
  return [
    {
      type,
      dims: site.shape(
        Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() as number))),
      ),
      values,
    },
  ];
}

function depthToSpace(site: NodeSite): Known[] {
  const { type, dims } = site.input(0);
  const block = site.int('blocksize', 0);
  const [n = 0, c = 0, h = 0, w = 0] = dims;
  const back = site.operator === 'SpaceToDepth';
  const sizes = back
    ? [n, c * block * block, h / block, w / block]
    : [n, c / (block * block), h * block, w * block];
  if (dims.length !== 4 || !(block > 0)) site.refuse('takes a shape that does not go with its blocks');
  return [{ type, dims: site.shape(sizes) }];
}

export const LAYOUT: readonly [string, OperatorRule][] = [
  ['Reshape', reshape],
  ['Transpose', transpose],
  ['Concat', concat],
  ['Split', split],
  ['Flatten', flatten],
  ['Squeeze', squeeze],
  ['Unsqueeze', unsqueeze],
  ['DepthToSpace', depthToSpace],
  ['SpaceToDepth', depthToSpace],
];
