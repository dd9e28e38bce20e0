import type { DataSetItem, Split } from '@cflow/spec';
import { type ImageTree, type LayoutOptions, pathOf, segments, stem } from './image-tree.js';
import { checkMasks, MaskIndex } from './masks.js';

const SPLITS: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  test: 'test',
  testing: 'test',
};

/** The part of the work that a folder directly below the root is for, by its name. */
export function splitOf(folder: string): Split | undefined {
  return Object.hasOwn(SPLITS, folder.toLowerCase()) ? SPLITS[folder.toLowerCase()] : undefined;
}

/**
 * Reads `<split>/<good or defect>/<image>`, with masks in `ground_truth/<defect>`. Images straight in `train` are
 * good, straight in another split unknown. Other folders are left out.
 */
export function readSplitFolders(
  tree: ImageTree,
  good: ReadonlySet<string>,
  { missingMasks }: LayoutOptions,
): DataSetItem[] {
  const masks = new MaskIndex(tree);
  const items: DataSetItem[] = [];
  for (const name of tree.images) {
    const [top, ...rest] = segments(name);
    const split = top === undefined ? undefined : splitOf(top);
    if (split === undefined || rest.length === 0) continue;
    const base = { path: pathOf(tree, name), name, split };
    const [kind] = rest;
    if (rest.length === 1) {
      items.push({ ...base, label: split === 'train' ? 'good' : 'unknown' });
    } else if (kind !== undefined && good.has(kind.toLowerCase())) {
      items.push({ ...base, label: 'good' });
    } else if (kind !== undefined) {
      const maskPath = masks.find(stem(rest.join('/')));
      items.push({ ...base, label: 'bad', defect: kind, ...(maskPath === undefined ? {} : { maskPath }) });
    }
  }
  if (missingMasks === 'error' && !masks.isEmpty) {
    checkMasks(
      items,
      'ground_truth/<defect>/<image name>_mask.png or ground_truth/<defect>/<image name>.png',
    );
  }
  return items;
}

/** Whether any image lies below `<train>/<kind>/`. */
export function hasTrainingFolder(tree: ImageTree, kind: string): boolean {
  return tree.images.some((name) => name.toLowerCase().startsWith(`train/${kind}/`));
}
