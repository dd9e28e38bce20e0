// Operators that look at a window around each place.
import { INT64 } from '../element-types.js';
import { WORK_PER_ELEMENT } from '../inspection-limits.js';
import { countOf, type Known, type NodeSite, type OperatorRule } from '../node-site.js';

/** Sizes of what windows of `kernel` give of [N, C, …]. */
function windowed(site: NodeSite, x: Known, kernel: readonly number[]): readonly number[] {
  const rank = kernel.length;
  if (x.dims.length !== rank + 2) site.refuse('takes a shape that does not go with its window');
  const ones = kernel.map(() => 1);
  const strides = steps(site, 'strides', ones);
  const dilations = steps(site, 'dilations', ones);
  const pads = site.ints('pads') ?? [];
  const autoPad = site.text('auto_pad', 'NOTSET');
  const ceil = site.int('ceil_mode', 0) !== 0;
  return kernel.map((size, axis) => {
    const [given, step] = [x.dims[axis + 2]!, strides[axis]!];
    const reach = (size - 1) * dilations[axis]! + 1;
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') return Math.ceil(given / step);
    const padded = autoPad === 'VALID' ? given : given + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0);
    const places = (padded - reach) / step;
    if (!(places >= 0)) site.refuse('has a window that does not fit what it looks at');
    if (!ceil) return Math.floor(places) + 1;
    // A last window that would begin in the padding behind is left out.
    const last = Math.ceil(places);
    return last * step >= given + (pads[axis] ?? 0) ? last : last + 1;
  });
}

function steps(site: NodeSite, name: string, otherwise: readonly number[]): readonly number[] {
  const found = site.ints(name) ?? otherwise;
  if (found.length === otherwise.length && found.every((step) => Number.isSafeInteger(step) && step > 0))
    return found;
  return site.refuse(`has ${name} that no window can have`);
}

function conv(site: NodeSite): Known[] {
  const [x, weight] = [site.input(0), site.input(1)];
  const [out = 0, perGroup = 0, ...kernel] = weight.dims;
  if (x.dims[1] !== perGroup * site.int('group', 1))
    site.refuse('takes channels that do not go with its weight');
  const dims = site.shape([x.dims[0]!, out, ...windowed(site, x, kernel)]);
  site.work = countOf(dims) * perGroup * countOf(kernel);
  return [{ type: x.type, dims }];
}

function convTranspose(site: NodeSite): Known[] {
  const [x, weight] = [site.input(0), site.input(1)];
  const [channels = 0, perGroup = 0, ...kernel] = weight.dims;
  if (x.dims[1] !== channels || x.dims.length !== weight.dims.length) {
    site.refuse('takes channels that do not go with its weight');
  }
  if (site.text('auto_pad', 'NOTSET') !== 'NOTSET' || site.ints('output_shape')) {
    site.refuse('leaves its padding to be found out: export it with pads');
  }
  const ones = kernel.map(() => 1);
  const [strides, dilations] = [steps(site, 'strides', ones), steps(site, 'dilations', ones)];
  const [pads, added] = [site.ints('pads') ?? [], site.ints('output_padding') ?? []];
  const sizes = kernel.map((size, axis) => {
    const reach = (size - 1) * dilations[axis]! + 1;
    const before = (x.dims[axis + 2]! - 1) * strides[axis]!;
    return before + reach + (added[axis] ?? 0) - (pads[axis] ?? 0) - (pads[axis + kernel.length] ?? 0);
  });
  const out = perGroup * site.int('group', 1);
  site.work = countOf(x.dims) * perGroup * countOf(kernel);
  // Each product at its place in the window, before they are added up.
  site.scratch = countOf([out, ...kernel, ...x.dims.slice(2), 4]);
  return [{ type: x.type, dims: site.shape([x.dims[0]!, out, ...sizes]) }];
}

function pool(site: NodeSite): Known[] {
  const x = site.input(0);
  const kernel = steps(site, 'kernel_shape', x.dims.slice(2));
  const dims = site.shape([...x.dims.slice(0, 2), ...windowed(site, x, kernel)]);
  site.work = countOf(dims) * countOf(kernel) * WORK_PER_ELEMENT;
  return [{ type: x.type, dims }, ...(site.outputs > 1 ? [{ type: INT64, dims }] : [])];
}

function globalPool(site: NodeSite): Known[] {
  const { type, dims } = site.input(0);
  return [{ type, dims: dims.map((dim, axis) => (axis < 2 ? dim : 1)) }];
}

export const WINDOWS: readonly [string, OperatorRule][] = [
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['AveragePool', pool],
  ['LpPool', pool],
  ['MaxPool', pool],
  ['GlobalAveragePool', globalPool],
  ['GlobalMaxPool', globalPool],
];
