import type { FolderLayout } from './image-tree.js';
import { hasTrainingFolder, readSplitFolders } from './split-folders.js';

/** BTech: `train/ok`, `test/ok`, `test/ko`, `ground_truth/ko/<name>.png` (or `.bmp`). */
export const btech: FolderLayout = {
  layout: 'btech',
  expects: 'images in train/ok; for the test, test/ok and test/ko, with masks in ground_truth/ko',
  matches: (tree) => hasTrainingFolder(tree, 'ok'),
  read: (tree, options) => readSplitFolders(tree, new Set(['ok']), options),
};
