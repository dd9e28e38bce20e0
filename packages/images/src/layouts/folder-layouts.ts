import type { DataSetItem, DataSetLayout } from '@cflow/spec';
import { type FileTree, stemOf } from '../files/file-tree.js';
import { maskName } from '../vocabulary/mask-name.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { officialSplit } from './official-split.js';

/**
 * One way to arrange a data set in folders. All are read by the same words (`readTree`); a layout says by what it is known,
 * and what it has beyond them.
 */
export interface FolderLayout {
  layout: Exclude<DataSetLayout, 'csv' | 'glob' | 'folders'>;
  /** What must be there for this layout, in words for an error. */
  expects: string;
  matches(tree: FileTree): boolean;
  /** Another split than the folders give, when there is one. */
  split?(tree: FileTree, items: DataSetItem[]): Promise<DataSetItem[]>;
}

/** The first that matches is taken; `folder` matches anything. */
export const FOLDER_LAYOUTS: readonly FolderLayout[] = [
  {
    layout: 'visa',
    expects: 'a category with Data/Images/Normal and Data/Images/Anomaly, masks in Data/Masks/Anomaly',
    matches: (tree) =>
      hasFolders(tree, ['data', 'images', 'normal']) || hasFolders(tree, ['data', 'images', 'anomaly']),
    split: officialSplit,
  },
  {
    layout: 'mvtec-ad-2',
    expects: 'images in train/good and test_public/good and bad, with masks in test_public/ground_truth/bad',
    matches: (tree) => hasFolders(tree, ['train', 'good']) && hasFolders(tree, ['test_public']),
  },
  {
    layout: 'mvtec-loco',
    expects:
      'as MVTec AD, with test/logical_anomalies or test/structural_anomalies and a folder of masks for each image',
    matches: (tree) =>
      hasFolders(tree, ['train', 'good']) &&
      (hasFolders(tree, ['test', 'logical_anomalies']) || hasFolders(tree, ['test', 'structural_anomalies'])),
  },
  {
    layout: 'mvtec',
    expects:
      'images in train/good; for the test, test/good and test/<defect>, with masks in ground_truth/<defect>',
    matches: (tree) => hasFolders(tree, ['train', 'good']),
  },
  {
    layout: 'btech',
    expects: 'images in train/ok; for the test, test/ok and test/ko, with masks in ground_truth/ko',
    matches: (tree) =>
      hasFolders(tree, ['train', 'ok']) && (hasFolders(tree, ['test', 'ko']) || !hasFolders(tree, ['test'])),
  },
  {
    layout: 'kolektor',
    expects: 'each image with a label image beside it, such as kos01/Part0.jpg with kos01/Part0_label.bmp',
    matches: isKolektor,
  },
  {
    layout: 'folder',
    expects:
      'images straight in the folder, or in a folder called good, ok or normal (other folders are kinds of defect), or either below train and test',
    matches: (tree) => tree.images.length > 0,
  },
];

/** Whether images lie below folders of these names, in any case, from the root down. */
function hasFolders({ images }: FileTree, names: readonly string[]): boolean {
  return images.some(({ folders }) => names.every((name, i) => folders[i]?.toLowerCase() === name));
}

/** Nothing is called good or bad, and images have a `_label` or `_GT` beside them. */
function isKolektor({ images }: FileTree): boolean {
  const folders = new Set(images.flatMap((image) => image.folders));
  const known = ['good', 'bad', 'mask', 'unclear'];
  if ([...folders].some((folder) => known.includes(meaningOf(folder).role))) return false;
  const stems = new Set(
    images.map(({ name, folders: own }) => `${own.join('/')}/${stemOf(name).toLowerCase()}`),
  );
  return images.some(({ name, folders: own }) => {
    const stem = stemOf(name);
    const image = /_(label|gt)$/i.test(stem) ? maskName(stem)?.of[0]?.toLowerCase() : undefined;
    return image !== undefined && stems.has(`${own.join('/')}/${image}`);
  });
}
