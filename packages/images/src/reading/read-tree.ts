import { DataSetError, type DataSetItem } from '@cflow/spec';
import { compareNames, type FileTree, type SkippedFile } from '../files/file-tree.js';
import type { ImageLimits } from '../image-limits.js';
import { checkHiddenMasks } from './check-hidden-masks.js';
import { photographFolders, photographsAsMasks } from './check-mask-folders.js';
import { decideByMask } from './decide-by-mask.js';
import { decideByName } from './decide-by-name.js';
import { type FolderMeanings, folderMeanings } from './folder-meanings.js';
import { holdOutGood } from './hold-out.js';
import { pairMasks } from './pair-masks.js';
import { placeImages } from './place-images.js';
import type { PlacedMask } from './placed.js';
import { SAY_WHICH, someOf } from './say-which.js';
import { splitOffMasks } from './split-off-masks.js';

/** What is decided besides the words of a tree. */
export interface ReadTreeOptions {
  /** Part of the good images, 0 to 1, that is held out for the test where no folder says which are for it. */
  testFraction: number;
  /** Decides which good images are held out. */
  seed: number;
  /** What to do when there are masks, but a bad test image has none. */
  missingMasks: 'error' | 'ignore';
  /** Of the masks that decide what an image is. */
  limits?: ImageLimits;
  signal?: AbortSignal | undefined;
  /** A person named the folders, so that a file called like a mask, without an image, is an image. */
  named?: boolean;
}

/** A tree as a data set. */
export interface TreeReading {
  items: DataSetItem[];
  skipped: SkippedFile[];
  masksOfGood: { name: string; maskPaths: string[] }[];
  meanings: FolderMeanings;
  batches: readonly string[];
}

/**
 * Reads a tree by the words in the names of its folders and files, which all layouts share: which images are good, which
 * are bad and of what kind, what they are for, and which files are masks of which.
 *
 * @throws DataSetError for what can be read in two ways, and for bad images without a mask where others have one
 */
export async function readTree(tree: FileTree, options: ReadTreeOptions): Promise<TreeReading> {
  const { signal } = options;
  const meanings = await folderMeanings(tree, signal);
  const placed = placeImages(tree, meanings);
  // That of a folder of masks which a person named is taken at its word.
  const inFolders = options.named ? placed.masks.filter(({ above }) => above.length > 0) : placed.masks;
  const photographs = await photographFolders(inFolders, signal);
  const colored = photographs.find(({ isColored }) => isColored);
  if (colored) throw photographsAsMasks(colored);
  const named = await splitOffMasks(placed, options);
  if (!options.named) await checkHiddenMasks(named.images, signal);
  const alone = options.named ? [] : named.alone;
  const candidates = options.named ? [...named.images, ...named.alone] : decideByName(named.images);
  const lone: PlacedMask[] = alone.map(({ file }) => ({ file, above: file.folders, below: [] }));
  const pairs = pairMasks(candidates, [...placed.masks, ...named.masks, ...lone]);
  const orphans = new Set(pairs.orphans.map(({ file }) => file));
  const gray = photographs.find(({ files }) => files.every((file) => orphans.has(file)));
  if (gray) throw photographsAsMasks(gray);
  const stray = pairs.orphans.filter((mask) => lone.includes(mask));
  if (stray.length > 0) throw strayMasks(stray.map(({ file }) => file.name));
  const images = await decideByMask(candidates, pairs.of, placed.undecided, tree, options);
  const skipped: SkippedFile[] = [...tree.skipped, ...placed.skipped];
  for (const { file } of pairs.orphans) skipped.push({ name: file.name, reason: 'mask-without-image' });
  const masksOfGood: TreeReading['masksOfGood'] = [];
  const items: DataSetItem[] = [];
  for (const image of images) {
    const masks = pairs.of.get(image.from)?.map(({ path }) => path);
    const { file, label, defect } = image;
    const item: DataSetItem = { path: file.path, name: file.name, split: image.split, label };
    if (label === 'bad' && defect !== undefined) item.defect = defect;
    if (masks && label === 'bad') item.maskPaths = masks;
    // A mask that said that its image is good has done its work.
    else if (masks && !image.byPlace) {
      for (const mask of pairs.of.get(image.from) ?? [])
        skipped.push({ name: mask.name, reason: 'mask-of-good-image' });
      if (label === 'good') masksOfGood.push({ name: file.name, maskPaths: masks });
    }
    items.push(item);
  }
  items.sort((a, b) => compareNames(a.name, b.name));
  if (options.missingMasks === 'error') checkMissing(items, pairs.orphans.length);
  const isSplit = images.some(({ from }) => from.split !== undefined);
  return {
    items: isSplit ? items : holdOutGood(items, options.testFraction, options.seed),
    skipped: skipped.sort((a, b) => compareNames(a.name, b.name)),
    masksOfGood,
    meanings,
    batches: placed.batches,
  };
}

function strayMasks(names: readonly string[]): DataSetError {
  return new DataSetError(
    `cannot tell what ${someOf(names)} ${names.length === 1 ? 'is' : 'are'}: called like masks, but of no image that is there; ` +
      `if they are masks, put their images beside them or move them away; if they are images, ${SAY_WHICH}`,
    { details: { names: names.slice(0, 5), count: names.length } },
  );
}

/** Throws where bad images of the test have no mask and others have one, or where none of the masks fits: pixel figures would be wrong. */
function checkMissing(items: readonly DataSetItem[], orphans: number): void {
  const bad = items.filter(({ split, label }) => split !== 'train' && label === 'bad');
  const missing = bad.filter(({ maskPaths }) => maskPaths === undefined);
  if (missing.length === 0 || (missing.length === bad.length && orphans === 0)) return;
  const names = missing.map(({ name }) => name);
  const why =
    missing.length === bad.length
      ? `${orphans} masks are there, but are called like none of them`
      : 'others have one';
  throw new DataSetError(
    `${missing.length} of ${bad.length} bad images have no mask, such as ${someOf(names)}, and ${why}: expected <image name>_mask.png or ` +
      '<image name>.png in a folder ground_truth or masks, below one that is called like that of the image; add the masks, or ask for missing ' +
      'masks to be ignored (--missing-masks ignore, "missingMasks" of a job)',
    { details: { missing: missing.length, names: names.slice(0, 5) } },
  );
}
