import { evenlySpaced } from '../evenly-spaced.js';
import { stemKey, stemOf, type TreeFile } from '../files/file-tree.js';
import { type Content, contentOf } from './content-of.js';
import type { PlacedImage } from './placed.js';
import { ambiguous } from './say-which.js';

/** Groups of files that are looked into, files of each, and others of its name that a file is compared with. */
const MOST_GROUPS = 64;
const MOST_FILES = 8;
const MOST_OTHERS = 8;

/** A file that may be a mask by its name, though no word in it says so, and the images that it may belong to. */
interface Suspect {
  image: PlacedImage;
  of: readonly PlacedImage[];
}

/**
 * Refuses masks that no word gives away: `0_bw.png` beside `0.png`, `0.png` beside `0.bmp`, or a folder with a file for each image
 * of another one. They would be trained on, or count as bad images. What is in them tells: something on black, in few
 * values, unlike their image; or nothing but black in all that would be trained on.
 *
 * @throws DataSetError that names one and its image
 */
export async function checkHiddenMasks(images: readonly PlacedImage[], signal?: AbortSignal): Promise<void> {
  const seen = new Map<string, Content | undefined>();
  const look = async ({ file: { path } }: PlacedImage): Promise<Content | undefined> => {
    if (!seen.has(path)) seen.set(path, await contentOf(path, signal));
    return seen.get(path);
  };
  for (const group of evenlySpaced([...suspectsOf(images).values()], MOST_GROUPS)) {
    const found = await maskAmong(evenlySpaced(group, MOST_FILES), look);
    if (found) throw hidden(found.mask.file, found.image.file);
  }
}

/** A mask of a group, and an image that it is unlike. The first file that is an image tells that all are. */
async function maskAmong(
  group: readonly Suspect[],
  look: (image: PlacedImage) => Promise<Content | undefined>,
): Promise<{ mask: PlacedImage; image: PlacedImage } | undefined> {
  const black: Suspect[] = [];
  for (const suspect of group) {
    const content = await look(suspect.image);
    if (content === 'black') black.push(suspect);
    if (content === 'black' || content === undefined) continue;
    if (content !== 'mask') return undefined;
    for (const image of others(suspect)) {
      const other = await look(image);
      if (other !== 'mask' && other !== 'black') return { mask: suspect.image, image };
    }
    return undefined;
  }
  for (const suspect of black) {
    // A bad image may be black all over, as of a camera that failed.
    if (suspect.image.label === 'bad') continue;
    for (const image of others(suspect)) {
      if ((await look(image)) === 'photograph') return { mask: suspect.image, image };
    }
  }
  return undefined;
}

const others = ({ image, of }: Suspect): PlacedImage[] => of.filter((other) => other !== image);

/** By what their names have in common: a folder and an ending, or the word that they have more than their image. */
function suspectsOf(images: readonly PlacedImage[]): Map<string, Suspect[]> {
  const beside = new Map<string, PlacedImage[]>();
  const anywhere = new Map<string, PlacedImage[]>();
  for (const image of images) {
    const stem = stemKey(image.file.name);
    add(beside, `${folderOf(image)}/${stem}`, image, MOST_OTHERS);
    add(anywhere, stem, image, MOST_OTHERS);
  }
  const groups = new Map<string, Suspect[]>();
  for (const image of images) {
    const folder = folderOf(image);
    const stem = stemKey(image.file.name);
    const alike = [...(beside.get(`${folder}/${stem}`) ?? []), ...(anywhere.get(stem) ?? [])];
    if (alike.some((other) => other !== image))
      add(groups, `${folder}/*.${endingOf(image)}`, { image, of: alike });
    for (const [rest, word] of partsOf(stem)) {
      const of = beside.get(`${folder}/${rest}`);
      if (of) add(groups, `${folder}/${word}`, { image, of });
    }
  }
  return groups;
}

function add<T>(lists: Map<string, T[]>, key: string, value: T, most = Number.POSITIVE_INFINITY): void {
  const list = lists.get(key);
  if (!list) lists.set(key, [value]);
  else if (list.length < most) list.push(value);
}

const folderOf = ({ file }: PlacedImage): string => file.folders.join('/');
const endingOf = ({ file: { name } }: PlacedImage): string =>
  name.slice(name.lastIndexOf('/') + 1 + stemOf(name).length + 1).toLowerCase();

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
