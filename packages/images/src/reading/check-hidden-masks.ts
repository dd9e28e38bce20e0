import { stemKey, type TreeFile } from '../files/file-tree.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { isMarked } from './are-like-masks.js';
import type { PlacedImage } from './placed.js';
import { ambiguous } from './say-which.js';

/** Groups of files that are looked into, evenly spaced, and files of each. */
const MOST_GROUPS = 16;
const MOST_FILES = 4;

/** A file that may be a mask by its name, though no word in it says so, and the image that it would belong to. */
interface Suspect {
  file: TreeFile;
  image: TreeFile;
}

/**
 * Refuses masks that no word gives away: `0_bw.png` beside `0.png`, or a folder of a name that nobody knows with a file for each image.
 * They would be trained on, or count as bad images. What is in them tells: something on black, in few values, unlike their image.
 *
 * @throws DataSetError that names one and its image
 */
export async function checkHiddenMasks(images: readonly PlacedImage[]): Promise<void> {
  const groups = [...suspectsOf(images).values()];
  const step = Math.max(1, groups.length / MOST_GROUPS);
  for (let at = 0; at < groups.length; at += step) {
    for (const { file, image } of groups[Math.trunc(at)] ?? []) {
      const marked = await isMarked(file.path);
      if (marked === undefined) continue;
      if (marked && (await isMarked(image.path)) === false) throw hidden(file, image);
      break;
    }
  }
}

/** By what their names have in common: a folder, and the word that they have more than their image. */
function suspectsOf(images: readonly PlacedImage[]): Map<string, Suspect[]> {
  const inFolder = new Map<string, TreeFile>();
  const elsewhere = new Map<string, TreeFile>();
  for (const { file } of images) {
    const stem = stemKey(file.name);
    inFolder.set(`${file.folders.join('/')}/${stem}`, file);
    // The images that others are measured by lie in folders that are called something.
    if (!elsewhere.has(stem) || !isUnknown(file)) elsewhere.set(stem, file);
  }
  const groups = new Map<string, Suspect[]>();
  const suspect = (key: string, file: TreeFile, image: TreeFile | undefined): void => {
    if (!image || image === file) return;
    const group = groups.get(key) ?? [];
    if (group.length === 0) groups.set(key, group);
    if (group.length < MOST_FILES) group.push({ file, image });
  };
  for (const { file } of images) {
    const folder = file.folders.join('/');
    const stem = stemKey(file.name);
    if (isUnknown(file)) suspect(folder, file, elsewhere.get(stem));
    for (const [rest, word] of partsOf(stem))
      suspect(`${folder}/${word}`, file, inFolder.get(`${folder}/${rest}`));
  }
  return groups;
}

const isUnknown = ({ folders }: TreeFile): boolean => {
  const own = folders.at(-1);
  return own !== undefined && meaningOf(own).role === 'name';
};

/** A name without its last word, and without its first. */
function partsOf(stem: string): [rest: string, word: string][] {
  const words = stem.split(/[ _.-]/);
  const [first = '', last = ''] = [words[0], words.at(-1)];
  if (words.length < 2) return [];
  return [
    [stem.slice(0, -(last.length + 1)), last],
    [stem.slice(first.length + 1), first],
  ];
}

function hidden(file: TreeFile, image: TreeFile): Error {
  return ambiguous(
    `cannot tell what ${file.name} is, which looks like a mask of ${image.name}, but is not called so (${image.name.replace(/^.*\/|\.[^.]*$/g, '')}_mask, or in a folder masks)`,
    ['it is a mask', 'it is an image of its own'],
    { file: file.name, image: image.name },
  );
}
