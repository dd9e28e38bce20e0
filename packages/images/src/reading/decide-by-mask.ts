import { DataSetError, type Split } from '@cflow/spec';
import { decodeMask } from '../decode-mask.js';
import type { FileTree, TreeFile } from '../files/file-tree.js';
import type { ImageLimits } from '../image-limits.js';
import { mapInOrder } from '../map-in-order.js';
import type { DecidedImage } from './decided-image.js';
import type { PlacedImage, UndecidedFolder } from './placed.js';
import { SAY_WHICH, someOf } from './say-which.js';

const MASKS_AT_ONCE = 4;

/**
 * Decides what the words of folders leave open. Where images lie that nobody called good or bad and each has a mask, the
 * masks say it: an empty one means a good image (KolektorSDD is made so). Images without a split are for training when good,
 * else for the test.
 *
 * @throws DataSetError where some of those images have masks and others have none, and for folders that are left undecided
 */
export async function decideByMask(
  images: readonly PlacedImage[],
  masks: ReadonlyMap<PlacedImage, readonly TreeFile[]>,
  undecided: readonly UndecidedFolder[],
  tree: FileTree,
  { limits, signal }: { limits?: ImageLimits | undefined; signal?: AbortSignal | undefined } = {},
): Promise<DecidedImage[]> {
  const open = images.filter(({ byPlace }) => byPlace);
  const masked = open.filter((image) => masks.has(image));
  for (const split of new Set(masked.map((image) => image.split))) {
    const alike = open.filter((image) => image.split === split);
    if (alike.some((image) => !masks.has(image))) throw halfMasked(alike, masks);
  }
  if (masked.length === 0 && undecided.length > 0) throw undecidedError(undecided, images, tree);
  const bad = new Set<PlacedImage>();
  const look = async (image: PlacedImage): Promise<boolean> => {
    for (const { path } of masks.get(image) ?? [])
      if ((await decodeMask(path, limits)).data.includes(1)) return true;
    return false;
  };
  let at = 0;
  for await (const isBad of mapInOrder(masked, look, { concurrency: MASKS_AT_ONCE, signal })) {
    const image = masked[at++];
    if (isBad && image) bad.add(image);
  }
  const goodTest = images.some(({ label, split }) => label === 'good' && split === 'test');
  const explicitTrain = images.some(({ split }) => split === 'train');
  return images.map((from): DecidedImage => {
    const decided = masks.has(from) && from.byPlace;
    const label = decided ? (bad.has(from) ? 'bad' : 'good') : from.label;
    const defect = decided && label === 'bad' ? 'defect' : from.defect;
    // Good images beside a folder for training are there to be tested on, unless others say that they are.
    const split: Split = from.split ?? (label === 'good' && !(explicitTrain && !goodTest) ? 'train' : 'test');
    return { ...from, from, label, defect, split };
  });
}

function halfMasked(open: readonly PlacedImage[], masks: ReadonlyMap<PlacedImage, unknown>): DataSetError {
  const bare = open.filter((image) => !masks.has(image)).map(({ file }) => file.name);
  return new DataSetError(
    `cannot tell whether ${bare.length} of ${open.length} images without a mask are good: either they are, and masks mark the bad ones, ` +
      `or nobody has marked them yet; none has a folder called good or bad, such as ${someOf(bare)}; ${SAY_WHICH}`,
    { details: { missing: bare.length, names: bare.slice(0, 5) } },
  );
}

function undecidedError(
  undecided: readonly UndecidedFolder[],
  images: readonly PlacedImage[],
  { root }: FileTree,
): DataSetError {
  const names = undecided.map(({ path }) => path.join('/'));
  const straight = undecided.some((folder) => folder.straight);
  const where = straight ? 'images straight in it and the folders' : 'only the folders';
  const readings = images.some(({ label }) => label === 'bad')
    ? 'either these are good ones too, or other kinds of defect'
    : 'either these are batches of good ones, or kinds of defect';
  return new DataSetError(
    `cannot tell which images of ${root} are good: expected a folder good, ok or normal, got ${where} ${someOf(names, 10)}; ` +
      `${readings}; ${SAY_WHICH}, or give the path of the good images alone`,
    { details: { root, folders: names.slice(0, 10) } },
  );
}
