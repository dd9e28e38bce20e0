import { basename } from 'node:path';
import { DataSetError, type DataSetItem } from '@cflow/spec';
import { type SkippedFile, stemKey } from '../files/file-tree.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { findImageList, type ImageList } from './find-image-list.js';
import { type FolderMeanings, isBelowMasks } from './folder-meanings.js';
import { isDrawnOn } from './is-drawn-on.js';
import { SAY_WHICH, someOf } from './say-which.js';

/** Files of annotations of all images, as tools call them. */
const LIST = /(^|[._/-])coco([._-]|$)|annotations?\.|(^|\/)instances_/i;
/** Boxes and polygons as tools of annotation write them: YOLO, LabelMe, Pascal VOC. */
const ANNOTATION = /\.(txt|json|xml)$/i;

/**
 * Refuses images that would be trained on as good though a file of annotations belongs to them: such files are not read, and what they
 * mark are mostly defects. A file beside each image alike says nothing, since cameras write them, too.
 *
 * @param root path of the folder that the items lie in, whose name may say that they are good
 * @throws DataSetError that names them
 */
export async function checkAnnotations(
  root: string,
  items: readonly DataSetItem[],
  skipped: readonly SkippedFile[],
  meanings: FolderMeanings,
  signal?: AbortSignal,
): Promise<void> {
  const annotates = inAnnotations(meanings);
  const files = filesOfImages(skipped);
  const filesOf = (name: string): string[] => files.get(stemKey(name)) ?? [];
  // A folder that is called good has been filled by somebody.
  const taken = items.filter(
    ({ name, label }) =>
      label === 'good' &&
      ![basename(root), ...foldersOf(name)].some((each) => meaningOf(each).role === 'good'),
  );
  if (taken.length === 0) return;
  const stems = new Set(items.map(({ name }) => stemKey(name)));
  const list = await findImageList(
    root,
    skipped,
    taken.map(({ name }) => name),
    (name) => ANNOTATION.test(name) && stems.has(stemKey(name)),
    signal,
  );
  if (list) throw refusedList(list, taken);
  const beside = (name: string): string[] =>
    filesOf(name).filter(
      (file) => annotates(file) || foldersOf(file).join('/') === foldersOf(name).join('/'),
    );
  const alike = taken.filter(({ name }) => beside(name).length > 0);
  const isTold =
    alike.length > 0 &&
    (alike.length < taken.length || alike.some(({ name }) => beside(name).some(annotates)));
  // What is beside all of them alike, or elsewhere, may be a camera's: what is in it tells.
  const annotated = isTold ? alike : taken.filter(({ name }) => filesOf(name).length > 0);
  const [first] = annotated;
  if (!first) return;
  const ofThem = annotated.flatMap(({ name }) => (isTold ? beside(name) : filesOf(name)));
  const paths = ofThem.map((each) => `${root}/${each}`);
  if (!isTold && !(await isDrawnOn(paths, signal))) return;
  const [file] = ofThem as [string];
  throw new DataSetError(
    `cannot tell which images are good: ${annotated.length} of ${taken.length} have annotations, such as ${someOf(
      annotated.map(({ name }) => name),
      3,
    )} (${file}), which are not read here, and may mark defects; masks of defects are images; ${SAY_WHICH}`,
    { details: { images: annotated.length, file } },
  );
}

const LISTS: Readonly<Record<ImageList['what'], (images: string) => string>> = {
  coco: (images) =>
    `lists annotations in COCO's form, which are not read here, and may mark defects in ${images}`,
  list: (images) => `names images, such as ${images}, and may say which are bad, but is not read here`,
  spreadsheet: () => 'is a spreadsheet, which is not read here, and may say which are bad',
};
const INSTEAD: Readonly<Record<ImageList['what'], string>> = {
  coco: 'draw them as masks (annToMask of pycocotools), list the images in a table (path,label,mask)',
  list: 'list the images in a table (path,label,mask) as CSV',
  spreadsheet: 'save it as CSV (path,label,mask)',
};

/** One list for all images says which are bad where folders do not. */
function refusedList({ name, what }: ImageList, taken: readonly DataSetItem[]): DataSetError {
  const images = someOf(
    taken.map((item) => item.name),
    3,
  );
  return new DataSetError(
    `cannot tell which images are good: ${name} ${LISTS[what](images)}; ${INSTEAD[what]}, or move the file away where all images are good; ${SAY_WHICH}`,
    { details: { file: name, images: taken.length } },
  );
}

/**
 * Skipped files, with those that draw defects on bad images told from others: what is in them would be masks, that somebody took the
 * trouble to draw.
 */
export function withAnnotations(
  items: readonly DataSetItem[],
  skipped: readonly SkippedFile[],
  meanings: FolderMeanings,
): SkippedFile[] {
  const annotates = inAnnotations(meanings);
  const bad = new Set(
    items.filter(({ label, maskPaths }) => label === 'bad' && !maskPaths).map(({ name }) => stemKey(name)),
  );
  return skipped.map((file) => {
    const { name, reason } = file;
    const isDrawn = ANNOTATION.test(name) && (bad.has(stemKey(name)) || annotates(name) || LIST.test(name));
    if (bad.size === 0 || reason !== 'not-an-image' || !isDrawn) return file;
    return { name, reason: 'unsupported-format', hint: 'annotations: draw them as masks' };
  });
}

/** Whether a file lies in a folder that is called so, and holds no images of a product: "labels", "annotations". */
const inAnnotations =
  (meanings: FolderMeanings) =>
  (file: string): boolean =>
    isBelowMasks(foldersOf(file), meanings);

/** Files of annotations by the stems of the images that they would belong to. */
function filesOfImages(skipped: readonly SkippedFile[]): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const { name } of skipped) {
    if (!ANNOTATION.test(name)) continue;
    const key = stemKey(name);
    const known = files.get(key);
    if (known) known.push(name);
    else files.set(key, [name]);
  }
  return files;
}

const foldersOf = (name: string): string[] => name.split('/').slice(0, -1);
