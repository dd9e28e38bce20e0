import type { DataSet, DataSetFinding, DataSetItem } from '@cflow/spec';
import { someOf } from '../reading/say-which.js';
import type { CheckedMasks, ImageHeader, PixelSample } from './seen.js';

const MOST_NAMED = 5;
/** What may be left of one color, and of black, in 255: noise, and what compression leaves. */
const FLAT = 2;
const BLACK = 8;
/** Part of its range below which a deep image hardly shows anything in 8 bits. */
const SMALL_PART = 1 / 8;

/** A finding about images, of which the first few are named. */
export function finding(
  kind: DataSetFinding['kind'],
  severity: DataSetFinding['severity'],
  names: readonly string[],
  message: (count: number, some: string) => string,
): DataSetFinding {
  return {
    kind,
    severity,
    message: message(names.length, someOf(names, 3)),
    count: names.length,
    names: names.slice(0, MOST_NAMED),
  };
}

const when = (condition: boolean, make: () => DataSetFinding): DataSetFinding[] =>
  condition ? [make()] : [];
const images = (count: number): string => (count === 1 ? '1 image' : `${count} images`);

/** What is odd about masks. */
export function maskFindings(
  { unusable, full, contradictions }: CheckedMasks,
  ignored: boolean,
): DataSetFinding[] {
  const names = unusable.map(({ item }) => item.name);
  return [
    ...when(unusable.length > 0 && ignored, () =>
      finding(
        'ignored-masks',
        'note',
        names,
        (count, some) => `the masks of ${images(count)} cannot be used and do not count: ${some}`,
      ),
    ),
    ...when(unusable.length > 0 && !ignored, () =>
      finding('unusable-mask', 'problem', names, (count) => {
        const [first] = unusable;
        const others =
          count > 1
            ? `; ${count - 1} more masks of bad images cannot be used: ${someOf(names.slice(1), 3)}`
            : '';
        return `${first?.error.message}${others}; mend the masks, or ask for missing masks to be ignored (--missing-masks ignore, "missingMasks" of a job)`;
      }),
    ),
    ...when(full.length > 0, () =>
      finding(
        'full-masks',
        'warning',
        full.map(({ name }) => name),
        (count, some) => `the masks of ${images(count)} mark nearly every pixel, as if inverted: ${some}`,
      ),
    ),
    ...when(contradictions.length > 0, () =>
      finding(
        'good-image-with-defect-mask',
        'warning',
        contradictions,
        (count, some) =>
          `${images(count)} called good ${count === 1 ? 'has' : 'have'} a mask that marks a defect: ${some}`,
      ),
    ),
  ];
}

/** What is wrong with the regions of images. */
export function regionFindings(unusable: readonly { name: string; error: Error }[]): DataSetFinding[] {
  return when(unusable.length > 0, () =>
    finding(
      'unusable-region',
      'problem',
      unusable.map(({ name }) => name),
      (count, some) =>
        `${unusable[0]?.error.message}${count > 1 ? `; ${count} regions cannot be used, those of ${some}` : ''}`,
    ),
  );
}

/** What is odd about how images are used, of which those that cannot be read are left out. */
export function useFindings(
  { items }: DataSet,
  unreadable: ReadonlySet<DataSetItem> = new Set(),
): DataSetFinding[] {
  const named = (isWanted: (item: DataSetItem) => boolean): string[] =>
    items.filter(isWanted).map(({ name }) => name);
  const isGood = ({ split, label }: DataSetItem): boolean => split === 'train' && label !== 'bad';
  const train = named(isGood);
  const readable = named((item) => isGood(item) && !unreadable.has(item));
  const badInTraining = named(({ split, label }) => split !== 'test' && label === 'bad');
  const unlabelled = named(({ split, label }) => split !== 'train' && label === 'unknown');
  const bad = named(({ split, label }) => split === 'test' && label === 'bad');
  const goodTest = named(({ split, label }) => split === 'test' && label === 'good');
  return [
    ...when(readable.length < 2, () =>
      finding('nothing-to-train-on', 'problem', readable, (count) => {
        if (train.length === 0) return 'there are no good images to train on';
        if (train.length > count) {
          return `of ${images(train.length)} to train on ${count === 0 ? 'none' : 'one'} can be read; at least 2 are needed`;
        }
        return 'there is one good image to train on; at least 2 are needed';
      }),
    ),
    ...when(badInTraining.length > 0, () =>
      finding(
        'bad-in-training',
        'warning',
        badInTraining,
        (count, some) =>
          `${images(count)} in ${count === 1 ? 'a folder' : 'folders'} for training or validation ${count === 1 ? 'is' : 'are'} bad, and ${count === 1 ? 'takes' : 'take'} no part: ${some}`,
      ),
    ),
    ...when(unlabelled.length > 0, () =>
      finding(
        'unlabelled',
        'note',
        unlabelled,
        (count, some) => `nobody says what ${images(count)} show, so that they take no part: ${some}`,
      ),
    ),
    ...when(bad.length > 0 && goodTest.length === 0, () =>
      finding(
        'no-good-test-images',
        'warning',
        [],
        () =>
          'there are bad images to test on, but no good ones, so that nothing tells how well they are told apart',
      ),
    ),
  ];
}

/** What files that are byte for byte the same say. */
export function copyFindings(
  used: readonly DataSetItem[],
  groups: readonly (readonly number[])[],
): DataSetFinding[] {
  const inBoth: string[] = [];
  const acrossUse: string[] = [];
  const within: string[] = [];
  let largest = 0;
  for (const group of groups) {
    const items = group.map((i) => used[i] as DataSetItem);
    largest = Math.max(largest, items.length);
    const has = (isWanted: (item: DataSetItem) => boolean): DataSetItem | undefined => items.find(isWanted);
    const [bad, good] = [has(({ label }) => label === 'bad'), has(({ label }) => label !== 'bad')];
    const [test, train] = [has(({ split }) => split === 'test'), has(({ split }) => split !== 'test')];
    if (bad && good) inBoth.push(`${bad.name} = ${good.name}`);
    else if (test && train) acrossUse.push(`${test.name} = ${train.name}`);
    else within.push(`${items[0]?.name} = ${items[1]?.name}`);
  }
  if (largest > 1 && largest === used.length) {
    return [
      finding(
        'all-equal',
        'warning',
        used.map(({ name }) => name),
        (count) => `all ${count} images are copies of one file`,
      ),
    ];
  }
  return [
    ...when(inBoth.length > 0, () =>
      finding(
        'one-image-good-and-bad',
        'warning',
        inBoth,
        (count, some) =>
          `${images(count)} called bad ${count === 1 ? 'is a copy' : 'are copies'} of ones called good: ${some}`,
      ),
    ),
    ...when(acrossUse.length > 0, () =>
      finding(
        'copies-between-train-and-test',
        'warning',
        acrossUse,
        (count, some) =>
          `${images(count)} to test on ${count === 1 ? 'is a copy of one' : 'are copies of ones'} to train on, so that figures are too good: ${some}`,
      ),
    ),
    ...when(within.length > 0, () =>
      finding(
        'copies',
        'note',
        within,
        (count, some) => `${images(count)} ${count === 1 ? 'is' : 'are'} there more than once: ${some}`,
      ),
    ),
  ];
}

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
