import type { DataSet, DataSetGroup } from '@cflow/spec';

/** The images of a data set by folder and use, the largest groups first. */
export function groupsOf({ items, layout, name }: DataSet): DataSetGroup[] {
  const groups = new Map<string, DataSetGroup>();
  for (const item of items) {
    const from = layout === 'csv' ? name : folderOf(item.name);
    const { split, label, defect } = item;
    const key = `${split}/${label}/${defect ?? ''}/${from}`;
    let group = groups.get(key);
    if (!group) {
      group = { from, split, label, ...(defect !== undefined && { defect }), images: 0, masks: 0 };
      groups.set(key, group);
    }
    group.images++;
    if (item.maskPaths !== undefined) group.masks++;
  }
  return [...groups.values()].sort((a, b) => b.images - a.images || (a.from < b.from ? -1 : 1));
}

function folderOf(name: string): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '.' : name.slice(0, slash);
}
