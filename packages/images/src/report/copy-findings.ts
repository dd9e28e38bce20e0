import type { DataSetFinding, DataSetItem } from '@cflow/spec';
import { finding, images, when } from './finding.js';

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
