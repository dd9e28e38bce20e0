// Operators that multiply matrices.
import { countOf, type Known, type NodeSite, type OperatorRule } from '../node-site.js';

function matMul(site: NodeSite): Known[] {
  const [a, b] = [site.input(0), site.input(1)];
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const [m = 0, k = -1] = left.slice(-2);
  const [inner, n = 0] = right.slice(-2);
  if (k !== inner) site.refuse('takes matrices that do not go together');
  const lead = site.broadcast([left.slice(0, -2), right.slice(0, -2)]);
  site.work = countOf([...lead, m, n, k]);
  const dims = [...lead, ...(a.dims.length === 1 ? [] : [m]), ...(b.dims.length === 1 ? [] : [n])];
  return [{ type: a.type, dims: site.shape(dims) }];
}

function gemm(site: NodeSite): Known[] {
  const [a, b] = [site.input(0), site.input(1)];
  const turned = (dims: readonly number[], transposed: boolean): readonly number[] =>
    transposed ? [...dims].reverse() : dims;
  const [m = 0, k = -1, ...moreA] = turned(a.dims, site.int('transA', 0) !== 0);
  const [inner, n = 0, ...moreB] = turned(b.dims, site.int('transB', 0) !== 0);
  if (k !== inner || moreA.length + moreB.length > 0) site.refuse('takes matrices that do not go together');
  site.work = m * n * k;
  return [{ type: a.type, dims: site.shape([m, n]) }];
}

/** Of two factors: of more, what lies in between may be larger than what comes out. */
function einsum(site: NodeSite): Known[] {
  const { inputs } = site;
  const equation = site.text('equation', '').replaceAll(' ', '');
  const [, terms = '', result] =
    /^([A-Za-z,]+)->([A-Za-z]*)$/.exec(equation) ?? site.refuse('has an equation that is not read here');
  const letters = terms.split(',');
  if (inputs.length !== letters.length || inputs.length > 2)
    site.refuse('has an equation of more than two factors');
  const sizes = new Map<string, number>();
  letters.forEach((term, index) => {
    const { dims } = inputs[index] as Known;
    if (dims.length !== term.length) site.refuse('has an equation that does not go with its factors');
    dims.forEach((dim, axis) => {
      const letter = term[axis] as string;
      const known = sizes.get(letter) ?? 1;
      if (known !== 1 && dim !== 1 && known !== dim) site.refuse('takes shapes that do not go together');
      sizes.set(letter, Math.max(known, dim));
    });
  });
  site.work = countOf([...sizes.values()]);
  site.scratch = 8 * inputs.reduce((sum, { dims }) => sum + countOf(dims), 0);
  const dims = [...(result as string)].map(
    (letter) => sizes.get(letter) ?? site.refuse('has an equation that is not read here'),
  );
  return [{ type: (inputs[0] as Known).type, dims: site.shape(dims) }];
}

/** softmax(Q·Kᵀ)·V, of [batch, heads, length, size] or [batch, length, heads · size]. */
function attention(site: NodeSite): Known[] {
  const [q, k, v] = [site.input(0), site.input(1), site.input(2)];
  if (site.outputs > 1 || site.optional(4))
    site.refuse('keeps keys and values of earlier runs, which no network for images does');
  const flat = q.dims.length === 3;
  if (![q, k, v].every(({ dims }) => dims.length === (flat ? 3 : 4)))
    site.refuse('takes shapes that do not go together');
  const [batch = 0] = q.dims;
  const heads = flat ? site.int('q_num_heads', 0) : q.dims[1]!;
  const others = flat ? site.int('kv_num_heads', 0) : k.dims[1]!;
  if (!(heads > 0 && others > 0)) site.refuse('does not say how many heads it has');
  const [length, reach] = [q.dims.at(-2) as number, k.dims.at(-2) as number];
  const [size, depth] = [q.dims.at(-1) as number, v.dims.at(-1) as number];
  const pairs = batch * heads * length * reach;
  site.scratch = 8 * pairs;
  site.work = pairs * (flat ? (size + depth) / Math.min(heads, others) : size + depth);
  const dims = flat ? [batch, length, (heads * depth) / others] : [batch, heads, length, depth];
  return [{ type: q.type, dims: site.shape(dims) }];
}

export const MATRICES: readonly [string, OperatorRule][] = [
  ['MatMul', matMul],
  ['Gemm', gemm],
  ['Einsum', einsum],
  ['Attention', attention],
];
