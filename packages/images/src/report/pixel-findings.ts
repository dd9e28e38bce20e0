import type { DataSetFinding, DataSetItem } from '@cflow/spec';
import { finding, images, when } from './finding.js';
import type { ImageHeader, PixelSample } from './seen.js';

/** What may be left of one color, and of black, in 255: noise, and what compression leaves. */
const FLAT = 2;
const BLACK = 8;
/** Part of its range below which a deep image hardly shows anything in 8 bits. */
const SMALL_PART = 1 / 8;

/** What the pixels of a few images say. */
export function pixelFindings(
  used: readonly DataSetItem[],
  samples: readonly PixelSample[],
): DataSetFinding[] {
  const nameOf = ({ index }: PixelSample): string => (used[index] as DataSetItem).name;
  const scaled = (value: number, { range }: PixelSample): number => (value * 255) / (range.high - range.low);
  const flat = samples.filter((sample) => scaled(sample.most - sample.least, sample) <= FLAT);
  const black = samples.filter((sample) => scaled(sample.most - sample.range.low, sample) <= BLACK);
  const deep = samples.filter((sample) => sample.deep);
  const most = Math.max(...deep.map((sample) => sample.most));
  const { low, high } = deep[0]?.range ?? { low: 0, high: 0 };
  const misfits = samples.filter(({ misfit }) => misfit !== undefined);
  const allEqual =
    samples.length > 1 &&
    new Set(samples.map(({ hash }) => hash)).size === 1 &&
    samples.length < used.length + 1;
  const isAll = (some: readonly PixelSample[]): boolean =>
    samples.length > 0 && some.length === samples.length;
  return [
    ...when(isAll(black), () =>
      finding(
        'all-black',
        'warning',
        black.map(nameOf),
        (count) => `all ${count} images looked at are black`,
      ),
    ),
    ...when(!isAll(black) && flat.length > 0, () =>
      finding(
        'flat-images',
        'warning',
        flat.map(nameOf),
        (count, some) => `${images(count)} ${count === 1 ? 'is' : 'are'} of one color all over: ${some}`,
      ),
    ),
    ...when(!isAll(black) && allEqual, () =>
      finding(
        'all-equal',
        'warning',
        samples.map(nameOf),
        (count) => `all ${count} images looked at have the same pixels`,
      ),
    ),
    ...when(!isAll(black) && deep.length > 0 && most < low + (high - low) * SMALL_PART, () =>
      finding(
        'part-of-range',
        'warning',
        deep.map(nameOf),
        () =>
          `samples hold values up to ${most} only, of ${low} to ${high}: the images are nearly black, and hardly anything can be seen in them; say another range (--range low:high, "range" of a job)`,
      ),
    ),
    ...when(misfits.length > 0, () =>
      finding('out-of-range', 'warning', misfits.map(nameOf), (count) => {
        const [first] = misfits as [PixelSample];
        const others = count > 1 ? `, and ${count - 1} more of ${samples.length} looked at do not fit` : '';
        return `${nameOf(first)}: ${first.misfit}${others}`;
      }),
    ),
  ];
}

/** What sizes and depths say. */
export function sizeFindings(headers: readonly ImageHeader[]): DataSetFinding[] {
  const bits = new Map<string, number>();
  for (const header of headers) bits.set(`${header.bits} bits`, (bits.get(`${header.bits} bits`) ?? 0) + 1);
  const ratios = headers.map(({ width, height }) => width / height).sort((a, b) => a - b);
  const [narrow = 1, wide = 1] = [ratios.at(0), ratios.at(-1)];
  return [
    ...when(bits.size > 1, () =>
      finding(
        'mixed-depths',
        'warning',
        [],
        () =>
          `images are of different depths: ${[...bits].map(([depth, count]) => `${count} of ${depth}`).join(', ')}`,
      ),
    ),
    ...when(wide / narrow > 1.5, () =>
      finding(
        'mixed-sizes',
        'note',
        [],
        () => `images are of different shapes, from ${shape(narrow)} to ${shape(wide)} (width to height)`,
      ),
    ),
  ];
}

const shape = (ratio: number): string =>
  ratio >= 1 ? `${Number(ratio.toFixed(2))}:1` : `1:${Number((1 / ratio).toFixed(2))}`;
