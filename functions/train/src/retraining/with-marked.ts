import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { type DataSet, DataSetError, type DataSetItem } from '@cflow/spec';

/** Where the names of marked images begin. */
export const MARKED = 'marked/';

const PLACES = [
  { path: 'train/good', split: 'train', label: 'good' },
  { path: 'test/good', split: 'test', label: 'good' },
  { path: 'test/bad', split: 'test', label: 'bad' },
] as const;

/**
 * A data set with the images that people marked added to it, by names of their own. They are placed as they were written
 * there: there may be bad ones alone, which no layout of a data set is.
 * @throws DataSetError where images have regions of their own, which marked ones have not
 */
export async function withMarked(dataSet: DataSet, folder: string): Promise<DataSet> {
  if (dataSet.items.some(({ regionPath }) => regionPath !== undefined)) {
    throw new DataSetError(
      'images of the data set have regions of their own, and images that people marked have none: they cannot be trained on together; ' +
        'train a version of the data set alone',
    );
  }
  const masks = new Set(await filesIn(join(folder, 'ground_truth/bad')));
  const marked: DataSetItem[] = [];
  for (const { path, split, label } of PLACES) {
    for (const file of await filesIn(join(folder, path))) {
      const mask = `${parse(file).name}_mask.pgm`;
      marked.push({
        path: join(folder, path, file),
        name: `${MARKED}${path}/${file}`,
        split,
        label,
        ...(label === 'bad' && masks.has(mask) && { maskPaths: [join(folder, 'ground_truth/bad', mask)] }),
      });
    }
  }
  return { ...dataSet, items: [...dataSet.items, ...marked] };
}

/** In the order of their names; none where there is no such folder. */
async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.sort();
}
