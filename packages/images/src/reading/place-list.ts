import type { DataSetItem, Label, Split } from '@cflow/spec';
import type { SkippedFile, TreeFile } from '../files/file-tree.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { findPhotographs } from './find-photographs.js';
import { splitOffMasks } from './split-off-masks.js';

/**
 * The items of a list of files. A person chose them, so a folder whose name says nothing is as good as any other; one
 * called bad, or masks, is still not trained on.
 */
export async function placeList(
  files: readonly TreeFile[],
  { label, split }: { label: Label; split: Split },
): Promise<{ items: DataSetItem[]; skipped: SkippedFile[] }> {
  const skipped: SkippedFile[] = [];
  const photographs = await findPhotographs({ images: files });
  const placed = files.flatMap((file) => {
    const roles = file.folders.map((folder, i) =>
      photographs.has(file.folders.slice(0, i + 1).join('/')) ? 'name' : meaningOf(folder).role,
    );
    if (roles.includes('mask')) skipped.push({ name: file.name, reason: 'mask' });
    else if (roles.includes('ignored')) skipped.push({ name: file.name, reason: 'left-out-folder' });
    else {
      const said = roles.find((role) => role === 'good' || role === 'bad' || role === 'unlabelled');
      const bad = said === 'bad';
      return [
        {
          file,
          split,
          label: bad ? ('bad' as const) : label,
          defect: undefined,
          byPlace: false,
          left: said === 'unlabelled',
        },
      ];
    }
    return [];
  });
  const { images: kept, masks, alone } = await splitOffMasks({ images: placed });
  for (const { file } of masks) skipped.push({ name: file.name, reason: 'mask' });
  const images = new Set([...kept, ...alone]);
  const items = placed
    .filter((image) => images.has(image))
    .map(
      ({ file, label: own, left }): DataSetItem => ({
        path: file.path,
        name: file.name,
        split: own === 'bad' || left ? 'test' : split,
        label: own,
      }),
    );
  return { items, skipped };
}
