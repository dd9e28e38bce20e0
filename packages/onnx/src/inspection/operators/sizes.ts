// Operators that tell sizes, and those that make as much as a number says: what they make is counted before it is.
import { FLOAT32, INT64 } from '../element-types.js';
import { exact } from '../fold-values.js';
import { MAX_FOLLOWED, WORK_PER_ELEMENT } from '../inspection-limits.js';
import { countOf, type Known, type NodeSite, type OperatorRule } from '../node-site.js';

function constant(site: NodeSite): Known[] {
  const tensor = site.constant('value');
  if (tensor) return [{ type: tensor.type, dims: tensor.dims, values: tensor.values }];
  for (const [name, type] of [
    ['value_ints', INT64],
    ['value_floats', FLOAT32],
  ] as const) {
    const values = site.ints(name);
    if (values) {
      const followed = values.length <= MAX_FOLLOWED ? values : undefined;
      return [{ type, dims: [values.length], values: followed }];
    }
  }
  const whole = site.int('value_int', Number.NaN);
  const value = Number.isNaN(whole) ? site.int('value_float', Number.NaN) : whole;
  if (Number.isNaN(value)) site.refuse('holds no numbers');
  return [{ type: Number.isNaN(whole) ? FLOAT32 : INT64, dims: [], values: [value] }];
}

function shape(site: NodeSite): Known[] {
  const { dims } = site.input(0);
  const place = (at: number): number => Math.min(Math.max(at < 0 ? at + dims.length : at, 0), dims.length);
  const values = dims.slice(place(site.int('start', 0)), place(site.int('end', dims.length)));
  return [{ type: INT64, dims: [values.length], values }];
}

function size(site: NodeSite): Known[] {
  return [{ type: INT64, dims: [], values: [countOf(site.input(0).dims)] }];
}

/** The same number everywhere; known where there are few. */
function filled(site: NodeSite, type: number, dims: readonly number[], value: number | undefined): Known[] {
  const count = countOf(site.shape(dims));
  const known = value !== undefined && count <= MAX_FOLLOWED;
  return [{ type, dims, values: known ? new Array<number>(count).fill(value) : undefined }];
}

function constantOfShape(site: NodeSite): Known[] {
  const tensor = site.constant('value');
  return filled(site, tensor?.type ?? FLOAT32, site.sizes(0), tensor ? tensor.values?.[0] : 0);
}

function expand(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  return filled(
    site,
    type,
    site.broadcast([dims, site.sizes(1)]),
    values?.length === 1 ? values[0] : undefined,
  );
}

function tile(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  const repeats = site.sizes(1);
  if (repeats.length !== dims.length) site.refuse('repeats another number of axes than there are');
  const tiled = dims.map((dim, axis) => dim * repeats[axis]!);
  return filled(site, type, tiled, values?.length === 1 ? values[0] : undefined);
}

function range(site: NodeSite): Known[] {
  const { type } = site.input(0);
  const [start = 0, limit = 0, delta = 0] = [0, 1, 2].map((index) => site.sizes(index)[0]);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!Number.isSafeInteger(count)) site.refuse('counts without an end');
  const numbers =
    count <= MAX_FOLLOWED
      ? Array.from({ length: count }, (_, i) => exact(type, start + i * delta))
      : [undefined];
  return [{ type, dims: [count], values: numbers.includes(undefined) ? undefined : (numbers as number[]) }];
}

function pad(site: NodeSite): Known[] {
  const { type, dims } = site.input(0);
  const pads = site.sizes(1);
  const axes = site.optional(3)
    ? site.sizes(3).map((axis) => site.axis(axis, dims.length))
    : [...dims.keys()];
  if (pads.length !== 2 * axes.length) site.refuse('pads another number of axes than there are');
  const padded = [...dims];
  axes.forEach((axis, index) => {
    padded[axis] = padded[axis]! + pads[index]! + pads[index + axes.length]!;
  });
  return [{ type, dims: site.shape(padded) }];
}

/** Points that an output is made of, along one axis. */
const TAPS: Readonly<Record<string, number>> = { nearest: 1, linear: 2, cubic: 4 };

function resize(site: NodeSite): Known[] {
  const { type, dims } = site.input(0);
  const mode = site.text('coordinate_transformation_mode', 'half_pixel');
  if (mode === 'tf_crop_and_resize' || site.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
    site.refuse('crops or keeps the proportions while it resizes, which is not read here');
  }
  const axes = site.ints('axes')?.map((axis) => site.axis(axis, dims.length)) ?? [...dims.keys()];
  const sized = (site.optional(3)?.dims[0] ?? 0) > 0;
  const numbers = site.sizes(sized ? 3 : 2);
  if (numbers.length !== axes.length) site.refuse('resizes another number of axes than there are');
  const resized = [...dims];
  axes.forEach((axis, index) => {
    const [number, before] = [numbers[index]!, dims[axis]!];
    resized[axis] = sized ? number : Math.floor(Math.fround(number * before));
  });
  // Antialiased, an output is made of as many more points as it is smaller.
  const spread = site.int('antialias', 0)
    ? countOf(dims.map((dim, axis) => Math.max(1, dim / (resized[axis] || 1))))
    : 1;
  const taps = (TAPS[site.text('mode', 'nearest')] ?? 4) ** Math.min(axes.length, 3);
  site.work = countOf(resized) * taps * spread * WORK_PER_ELEMENT;
  return [{ type, dims: site.shape(resized) }];
}

export const SIZES: readonly [string, OperatorRule][] = [
  ['Constant', constant],
  ['ConstantOfShape', constantOfShape],
  ['Expand', expand],
  ['Pad', pad],
  ['Range', range],
  ['Resize', resize],
  ['Shape', shape],
  ['Size', size],
  ['Tile', tile],
];
