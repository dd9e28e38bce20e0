import type { FolderLayout } from './image-tree.js';
import { hasTrainingFolder, readSplitFolders } from './split-folders.js';

/** MVTec AD: `train/good`, `test/good`, `test/<defect>`, `ground_truth/<defect>/<name>_mask.png`. */
export const mvtec: FolderLayout = {
  layout: 'mvtec',
  expects:
    'images in train/good; for the test, test/good and test/<defect>, with masks in ground_truth/<defect>',
  matches: (tree) => hasTrainingFolder(tree, 'good'),
  read: (tree, options) => readSplitFolders(tree, new Set(['good']), options),
};
