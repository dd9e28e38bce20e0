import type { DataSet, DataSetFinding, DataSetItem } from '@cflow/spec';
import { someOf } from '../reading/say-which.js';
import { finding, images, when } from './finding.js';
import type { CheckedMasks } from './seen.js';

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
  { items, batches = [] }: DataSet,
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
    ...when(batches.length > 0, () =>
      finding(
        'batches',
        'note',
        batches,
        (_, some) => `called like days, lots or parts, which are no kinds of defect: ${some}`,
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
