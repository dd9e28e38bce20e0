import type { DataSetItem, Label, Split } from '@cflow/spec';
import type { SkippedFile, TreeFile } from '../files/file-tree.js';
import { photographFolders, photographsAsMasks } from './check-mask-folders.js';
import { folderMeanings } from './folder-meanings.js';
import type { PlacedMask } from './placed.js';
import { splitOffMasks } from './split-off-masks.js';

/**
 * The items of a list of files. A person chose them, so a folder whose name says nothing is as good as any other; one
 * called bad, or masks, is still not trained on.
 * @throws DataSetError for a folder of photographs that is called like masks
 */
export async function placeList(
  files: readonly TreeFile[],
  { label, split, signal }: { label: Label; split: Split; signal?: AbortSignal | undefined },
): Promise<{ items: DataSetItem[]; skipped: SkippedFile[] }> {
  const skipped: SkippedFile[] = [];
  const inMaskFolders: PlacedMask[] = [];
  const meanings = await folderMeanings({ images: files }, signal);
  const placed = files.flatMap((file) => {
    const roles = file.folders.map((_, i) => meanings(file.folders.slice(0, i + 1)).role);
    const maskAt = roles.indexOf('mask');
    if (maskAt >= 0) inMaskFolders.push({ file, above: file.folders.slice(0, maskAt), below: [] });
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
  const { images: kept, masks, alone } = await splitOffMasks({ images: placed }, { signal });
  const [photographs] = await photographFolders(inMaskFolders, signal);
  if (photographs) throw photographsAsMasks(photographs);
  for (const { file } of [...inMaskFolders, ...masks]) skipped.push({ name: file.name, reason: 'mask' });
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
