import { basename } from 'node:path';
import { DataSetError, type DataSetItem } from '@cflow/spec';
import { type SkippedFile, stemOf } from '../files/file-tree.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { findAnnotationList } from './find-annotation-list.js';
import { SAY_WHICH, someOf } from './say-which.js';

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
): Promise<void> {
  const files = new Map<string, string>();
  for (const { name } of skipped) if (ANNOTATION.test(name)) files.set(stemOf(name), name);
  if (files.size === 0) return;
  // A folder that is called good has been filled by somebody.
  const taken = items.filter(
    ({ name, label }) =>
      label === 'good' &&
      ![basename(root), ...foldersOf(name)].some((each) => meaningOf(each).role === 'good'),
  );
  if (taken.length > 0) await refuseList(root, taken, skipped);
  const annotated = taken.filter(({ name }) => {
    const file = files.get(stemOf(name));
    return file !== undefined && (annotates(file) || foldersOf(file).join('/') === foldersOf(name).join('/'));
  });
  const [first] = annotated;
  if (!first) return;
  const file = files.get(stemOf(first.name)) as string;
  if (annotated.length === taken.length && !annotates(file)) return;
  throw new DataSetError(
    `cannot tell which images are good: ${annotated.length} of ${taken.length} have annotations, such as ${someOf(
      annotated.map(({ name }) => name),
      3,
    )} (${file}), which are not read here, and may mark defects; masks of defects are images; ${SAY_WHICH}`,
    { details: { images: annotated.length, file } },
  );
}

/** One list for all images says which are bad where folders do not. */
async function refuseList(
  root: string,
  taken: readonly DataSetItem[],
  skipped: readonly SkippedFile[],
): Promise<void> {
  const list = await findAnnotationList(root, skipped);
  if (list === undefined) return;
  throw new DataSetError(
    `cannot tell which images are good: ${list} lists annotations in COCO's form, which are not read here, and may mark defects in ` +
      `${someOf(
        taken.map(({ name }) => name),
        3,
      )}; draw them as masks (annToMask of pycocotools), list the images in a table (path,label,mask), or move the file away where all ` +
      `images are good; ${SAY_WHICH}`,
    { details: { file: list, images: taken.length } },
  );
}

/** Whether a file lies in a folder that is called so: "labels", "annotations". */
const annotates = (file: string): boolean =>
  foldersOf(file).some((folder) => meaningOf(folder).role === 'mask');

const foldersOf = (name: string): string[] => name.split('/').slice(0, -1);
