import { DataSetError, type DataSetItem } from '@cflow/spec';
import { decodeMask } from '../decode-mask.js';
import { mapInOrder } from '../map-in-order.js';
import { holdOutGood } from './hold-out.js';
import { type FolderLayout, type ImageTree, pathOf, segments, stem } from './image-tree.js';
import { splitOf } from './split-folders.js';

const LABEL = /_(label|gt)$/i;
const LABELS_AT_ONCE = 4;

/**
 * KolektorSDD: `kosNN/PartN.jpg` with `kosNN/PartN_label.bmp` beside it; KolektorSDD2: `train/N.png` with
 * `train/N_GT.png`. An all-black label says that the image is good, so every label is read. KolektorSDD has no
 * split and gets one by the seed.
 */
export const kolektor: FolderLayout = {
  layout: 'kolektor',
  expects: 'each image with a label image beside it, such as kos01/Part0.jpg with kos01/Part0_label.bmp',
  matches: (tree) => pairs(tree).some(({ label }) => label !== undefined),
  read: async (tree, { testFraction, seed }) => {
    const found = pairs(tree);
    const bare = found.filter(({ label }) => label === undefined).map(({ image }) => image);
    if (bare.length > 0) {
      throw new DataSetError(
        `${bare.length} images have no label image beside them: expected <image name>_label.bmp, found none for ${bare.slice(0, 5).join(', ')}`,
        { details: { missing: bare.length, names: bare.slice(0, 5) } },
      );
    }
    const items: DataSetItem[] = [];
    const read = async ({ image, label = '' }: Pair): Promise<DataSetItem> => {
      const maskPath = pathOf(tree, label);
      const bad = (await decodeMask(maskPath)).data.includes(1);
      const split = splitOf(segments(image)[0] ?? '') ?? (bad ? 'test' : 'train');
      const base = { path: pathOf(tree, image), name: image, split };
      return bad ? { ...base, label: 'bad', defect: 'defect', maskPath } : { ...base, label: 'good' };
    };
    for await (const item of mapInOrder(found, read, { concurrency: LABELS_AT_ONCE })) items.push(item);
    const isSplit = items.some(({ name }) => splitOf(segments(name)[0] ?? '') !== undefined);
    return isSplit ? items : holdOutGood(items, testFraction, seed);
  },
};

interface Pair {
  image: string;
  label: string | undefined;
}

function pairs(tree: ImageTree): Pair[] {
  const labels = new Map<string, string>();
  const images: string[] = [];
  for (const name of tree.images) {
    const start = stem(name);
    if (LABEL.test(start)) labels.set(start.replace(LABEL, ''), name);
    else images.push(name);
  }
  return images.map((image) => ({ image, label: labels.get(stem(image)) }));
}
