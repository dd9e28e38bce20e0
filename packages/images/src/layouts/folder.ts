import { DataSetError, type DataSetItem } from '@cflow/spec';
import { holdOutGood } from './hold-out.js';
import { type FolderLayout, type ImageTree, pathOf, segments, stem, topFolders } from './image-tree.js';
import { checkMasks, isMaskFolder, MaskIndex } from './masks.js';
import { readSplitFolders, splitOf } from './split-folders.js';

const GOOD = new Set(['good', 'ok', 'normal']);
const BAD = new Set([
  ...['bad', 'ko', 'ng', 'defect', 'defects', 'defective', 'anomaly', 'anomalies', 'anomalous', 'abnormal'],
]);

/**
 * A plain folder, in one of these ways: images straight in it (all good), perhaps with folders named like `bad`;
 * a folder `good`, `ok` or `normal`, every other folder being a kind of defect; or these below `train` and `test`.
 */
export const folder: FolderLayout = {
  layout: 'folder',
  expects:
    'images straight in the folder, or in a folder good, ok or normal (other folders are kinds of defect), or either below train and test',
  matches: (tree) => tree.images.length > 0,
  read: (tree, options) => {
    const folders = topFolders(tree).filter((name) => !isMaskFolder(name));
    if (folders.some((name) => splitOf(name) !== undefined)) return readSplitFolders(tree, GOOD, options);
    const straight = tree.images.some((name) => !name.includes('/'));
    const hasGoodFolder = folders.some((name) => GOOD.has(name.toLowerCase()));
    if (!hasGoodFolder) checkKinds(tree, folders, straight);

    const masks = new MaskIndex(tree);
    const items = tree.images
      .filter((name) => !isMaskFolder(segments(name).length > 1 ? segments(name)[0]! : ''))
      .map((name) => item(tree, name, masks, hasGoodFolder));
    if (options.missingMasks === 'error' && !masks.isEmpty) {
      checkMasks(items, 'ground_truth/<folder>/<image name>.png');
    }
    return holdOutGood(items, options.testFraction, options.seed);
  },
};

function item(tree: ImageTree, name: string, masks: MaskIndex, hasGoodFolder: boolean): DataSetItem {
  const [kind = '', ...rest] = segments(name);
  const base = { path: pathOf(tree, name), name };
  // Beside a folder that is called good, nobody said what the images straight in the root are.
  if (rest.length === 0 && hasGoodFolder) return { ...base, split: 'test', label: 'unknown' };
  if (rest.length === 0 || GOOD.has(kind.toLowerCase())) return { ...base, split: 'train', label: 'good' };
  const maskPath = masks.find(stem(name));
  return {
    ...base,
    split: 'test',
    label: 'bad',
    defect: kind,
    ...(maskPath === undefined ? {} : { maskPath }),
  };
}

/** Without a folder called good, the others count as bad only when images lie straight in the root and they say so. */
function checkKinds(tree: ImageTree, folders: readonly string[], straight: boolean): void {
  const unclear = folders.filter((name) => !straight || !BAD.has(name.toLowerCase()));
  if (unclear.length === 0) return;
  const listed = unclear.slice(0, 10).join(', ') + (unclear.length > 10 ? ', ...' : '');
  const where = straight ? 'images straight in it and the folders' : 'only the folders';
  throw new DataSetError(
    `cannot tell which images of ${tree.root} are good: expected a folder good, ok or normal, found ${where} ${listed}; ` +
      'rename the folder of good images, or give its path alone',
    { details: { root: tree.root, folders: unclear.slice(0, 10) } },
  );
}
