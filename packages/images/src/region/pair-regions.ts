import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type DataSet, DataSetError, type DataSetItem } from '@cflow/spec';
import type { TreeFile } from '../files/file-tree.js';
import { listFiles } from '../files/list-files.js';
import { skippedFiles } from '../files/skipped-files.js';
import { pairMasks } from '../reading/pair-masks.js';
import type { PlacedImage, PlacedMask } from '../reading/placed.js';
import { someOf } from '../reading/say-which.js';

/** Files without the region, which may lie among them: a mask, or a folder of masks. */
export function outsideRegion<File extends { path: string }>(
  files: readonly File[],
  region: string | undefined,
): File[] {
  if (region === undefined) return [...files];
  const path = resolve(region);
  return files.filter((file) => file.path !== path && !file.path.startsWith(`${path}/`));
}

/**
 * A data set of which not everything counts: by a mask for all of its images, or by a folder of masks, one for each image,
 * which are paired as masks of defects are.
 *
 * @param region absolute path
 * @throws DataSetError that names an image without a mask, with several, or a mask that may be of several images
 */
export async function withRegion(
  dataSet: DataSet,
  region: string | undefined,
  signal?: AbortSignal,
): Promise<DataSet> {
  if (region === undefined) return dataSet;
  const items = outsideRegion(dataSet.items, region);
  const found = await stat(region).catch(() => undefined);
  if (!found?.isDirectory()) return { ...dataSet, items, region };
  const { images, skipped } = await listFiles(region, signal);
  const masks = images.map((file): PlacedMask => ({ file, above: [], below: file.folders }));
  const { of, orphans } = pairedWith(items.map(placedImage), masks, region);
  const pathOf = new Map([...of].map(([image, own]) => [image.file.path, own]));
  checkEach(items, pathOf, region);
  const left = [
    ...skipped,
    ...orphans.map(({ file }) => ({ ...file, reason: 'mask-without-image' as const })),
  ].map((file) => ({ ...file, name: `${region}/${file.name}` }));
  return {
    ...dataSet,
    items: items.map((item) => ({ ...item, regionPath: pathOf.get(item.path)?.[0]?.path as string })),
    skipped: [...(dataSet.skipped ?? []), ...skippedFiles(left)],
  };
}

/** A data set with one region for all images as one in which each has it. */
export function eachWithRegion({ region, ...dataSet }: DataSet): DataSet {
  if (region === undefined) return dataSet;
  return { ...dataSet, items: dataSet.items.map((item) => ({ ...item, regionPath: region })) };
}

/** Nothing but its name says which image a region belongs to: that it is good, or bad, does not. */
const placedImage = ({ name, path, split }: DataSetItem): PlacedImage => ({
  file: { name, path, folders: name.split('/').slice(0, -1) },
  split,
  label: 'good',
  defect: undefined,
  byPlace: false,
});

function pairedWith(images: readonly PlacedImage[], masks: readonly PlacedMask[], region: string) {
  try {
    return pairMasks(images, masks);
  } catch (error) {
    if (!(error instanceof DataSetError)) throw error;
    const { mask, images: named } = error.details as { mask: string; images: string[] };
    throw new DataSetError(
      `${region}/${mask}: cannot tell which image it is the region of: ${named.join(' or ')}; put regions into folders that are called ` +
        `like those of the images, such as ${region}/${named[0]}`,
      { details: { mask, images: named }, cause: error },
    );
  }
}

function checkEach(
  items: readonly DataSetItem[],
  pathOf: ReadonlyMap<string, readonly TreeFile[]>,
  region: string,
): void {
  const missing = items.filter(({ path }) => !pathOf.has(path)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new DataSetError(
      `${missing.length} of ${items.length} images have no region in ${region}, such as ${someOf(missing)}: expected a mask called like ` +
        `the image, such as ${region}/${missing[0]}, white where all of it counts`,
      { details: { missing: missing.length, names: missing.slice(0, 5) } },
    );
  }
  for (const { path, name } of items) {
    const [first, second] = pathOf.get(path) ?? [];
    if (!first || !second) continue;
    throw new DataSetError(
      `cannot tell which is the region of ${name}: ${region}/${first.name} or ${region}/${second.name}; leave one of them`,
      { details: { name, regions: [first.name, second.name] } },
    );
  }
}
