import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  checkReport,
  examineDataSet,
  type ImageLimits,
  type OpenDataSetOptions,
  openDataSet,
} from '@cflow/images/node';
import { CflowError, ConfigurationError, type DataSet, DataSetError, type DataSetReport } from '@cflow/spec';

/** One data set of a benchmark. */
export interface Category {
  name: string;
  dataSet: DataSet;
  /** What was understood of it. */
  report: DataSetReport;
}

export interface FindCategoriesOptions {
  /** Names to keep, in this order. Default: all, by name. */
  wanted?: readonly string[] | undefined;
  /** A bad image without a mask where others have one: an error (the default), or simply without. */
  missingMasks?: 'error' | 'ignore' | undefined;
  /** Bounds of the images and masks that are decoded. */
  limits?: ImageLimits | undefined;
}

/**
 * The data sets of a root, in any layout: a folder per category; or the root itself, when it is one. @throws DataSetError
 * when there is none, or one without both good and bad test images; ConfigurationError for a category that is not there
 */
export async function findCategories(
  root: string,
  { wanted, missingMasks, limits }: FindCategoriesOptions = {},
): Promise<Category[]> {
  const options: OpenDataSetOptions = {
    ...(missingMasks && { missingMasks }),
    ...(limits && { limits }),
  };
  const found = await namesOf(root, options);
  const unknown = (wanted ?? []).filter((name) => !found.has(name));
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `no category ${unknown.join(', ')} in "${root}"; there are ${[...found.keys()].join(', ')}`,
      { details: { root, unknown, found: [...found.keys()] } },
    );
  }
  const categories: Category[] = [];
  for (const name of new Set(wanted ?? found.keys())) {
    const dataSet = found.get(name) ?? (await openDataSet(join(resolve(root), name), options));
    checkTestImages(name, dataSet);
    const examined = await examineDataSet(dataSet, { limits });
    checkReport(examined.report);
    categories.push({ name, ...examined });
  }
  return categories;
}

/** The names of the categories, in code-unit order, with the data set where it is already open. */
async function namesOf(root: string, options: OpenDataSetOptions): Promise<Map<string, DataSet | undefined>> {
  const folder = resolve(root);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw new DataSetError(`expected a folder of data sets, and there is none at "${root}"`, {
      details: { root },
    });
  }
  try {
    const dataSet = await openDataSet(folder, options);
    return new Map([[basename(dataSet.root), dataSet]]);
  } catch (error) {
    if (!CflowError.isInstance(error) || error.code !== 'data-set') throw error;
    const { categories } = error.details as { categories?: readonly string[] };
    if (categories) return new Map([...categories].sort().map((name) => [name, undefined]));
    throw new DataSetError(
      `no data sets in "${root}": expected a folder per category, with images in train/good and test or in another layout, or one such folder; ${error.message}`,
      { cause: error, details: { root } },
    );
  }
}

/** Otherwise this would only be noticed when the first detector is trained. */
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
