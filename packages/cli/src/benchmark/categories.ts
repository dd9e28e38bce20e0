import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { openDataSet } from '@cflow/images/node';
import { ConfigurationError, type DataSet, DataSetError } from '@cflow/spec';

/** One data set of a benchmark. */
export interface Category {
  name: string;
  dataSet: DataSet;
}

export interface FindCategoriesOptions {
  /** Names to keep, in this order. Default: all, by name. */
  wanted?: readonly string[] | undefined;
  /** A bad image without a mask where others have one: an error (the default), or simply without. */
  missingMasks?: 'error' | 'ignore' | undefined;
}

/**
 * The data sets of a root in the layout of MVTec AD: a folder per category, each with `train/good` and `test`; or the
 * root itself, when it is one.
 *
 * @throws DataSetError when there is none, or one without both good and bad test images; ConfigurationError for a
 * category that is not there
 */
export async function findCategories(
  root: string,
  { wanted, missingMasks }: FindCategoriesOptions = {},
): Promise<Category[]> {
  const folder = resolve(root);
  const found = await categoryFolders(folder);
  if (found.size === 0) {
    throw new DataSetError(
      `no data sets in "${root}": expected a folder per category with images in train/good and test, or one such folder`,
      { details: { root } },
    );
  }
  const unknown = (wanted ?? []).filter((name) => !found.has(name));
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `no category ${unknown.join(', ')} in "${root}"; there are ${[...found.keys()].join(', ')}`,
      { details: { root, unknown, found: [...found.keys()] } },
    );
  }
  const categories: Category[] = [];
  for (const name of new Set(wanted ?? found.keys())) {
    const dataSet = await openDataSet(found.get(name) as string, {
      layout: 'mvtec',
      ...(missingMasks && { missingMasks }),
    });
    checkTestImages(name, dataSet);
    categories.push({ name, dataSet });
  }
  return categories;
}

/** Folders by the names of their categories, in code-unit order. */
async function categoryFolders(root: string): Promise<Map<string, string>> {
  if (await isCategory(root)) return new Map([[basename(root), root]]);
  const entries = await readdir(root, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new DataSetError(
      cause.code === 'ENOENT' || cause.code === 'ENOTDIR'
        ? `expected a folder of data sets, and there is none at "${root}"`
        : `"${root}" cannot be read: ${cause.message}`,
      { cause, details: { root } },
    );
  });
  const folders = new Map<string, string>();
  for (const name of entries.map((entry) => entry.name).sort()) {
    const folder = join(root, name);
    if (!name.startsWith('.') && (await isCategory(folder))) folders.set(name, folder);
  }
  return folders;
}

async function isCategory(folder: string): Promise<boolean> {
  return stat(join(folder, 'train', 'good')).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/** What would only be noticed when the first detector is trained. */
function checkTestImages(name: string, { items }: DataSet): void {
  const count = (label: string): number =>
    items.filter((item) => item.split === 'test' && item.label === label).length;
  const [good, bad] = [count('good'), count('bad')];
  if (good > 0 && bad > 0) return;
  throw new DataSetError(
    `category ${name} cannot be benchmarked: it has ${good} good and ${bad} bad test images, and needs some of both ` +
      'in test/good and test/<defect>; leave it out with --categories',
    { details: { category: name, good, bad } },
  );
}
