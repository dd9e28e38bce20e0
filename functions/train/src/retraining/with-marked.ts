import { openDataSet } from '@cflow/images/node';
import type { DataSet } from '@cflow/spec';

/** Where the names of marked images begin. */
export const MARKED = 'marked/';

/** A data set with the images that people marked added to it, by names of their own. */
export async function withMarked(dataSet: DataSet, folder: string): Promise<DataSet> {
  const { items } = await openDataSet(folder, { layout: 'mvtec' });
  const marked = items.map((item) => ({ ...item, name: `${MARKED}${item.name}` }));
  return { ...dataSet, items: [...dataSet.items, ...marked] };
}
