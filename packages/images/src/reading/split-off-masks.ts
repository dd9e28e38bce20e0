import { stemKey, type TreeFile } from '../files/file-tree.js';
import { type MaskName, maskName, plainStem } from '../vocabulary/mask-name.js';
import { likeMasks } from './like-masks.js';
import type { Placed, PlacedImage, PlacedMask } from './placed.js';

const JPEG = /\.(jpe?g|jpe|jfif)$/i;

/** Files among the images that are called like masks. */
export interface NamedMasks {
  masks: PlacedMask[];
  images: PlacedImage[];
  /** Called `<name>_mask`, without an image `<name>` beside it. */
  alone: PlacedImage[];
}

/**
 * Splits off the files that are masks by their own name: `0_mask.png`, `0.mask.png` or `mask_0.png` beside an image
 * `0`. Without that image only a name that says "mask" is set aside, as `alone`. `0_m.png` is one where what is in it looks like it, and so
 * is `0.png` beside `0.jpg`.
 *
 * @param named a person named the folders: where some of those look like masks, and others do not, each is what it looks like
 * @throws DataSetError where some of those do, and others do not
 */
export async function splitOffMasks(
  { images }: Pick<Placed, 'images'>,
  looking: { named?: boolean | undefined; signal?: AbortSignal | undefined } = {},
): Promise<NamedMasks> {
  const stems = new Map<string, Set<string>>();
  const folderOf = (image: PlacedImage): string => image.file.folders.join('/');
  for (const image of images) {
    const folder = folderOf(image);
    const own = stems.get(folder) ?? new Set();
    if (own.size === 0) stems.set(folder, own);
    const stem = stemKey(image.file.name);
    own.add(stem);
    // `0_image` is what `0_mask` belongs to; a name that is a mask's itself is no such partner.
    const name = maskName(stem);
    if (name === undefined || name.weak) own.add(plainStem(stem));
  }
  const weak = images.filter((image) => {
    const name = maskName(stemKey(image.file.name));
    return name?.weak === true && isBeside(name, stems.get(folderOf(image)));
  });
  const files = (some: readonly PlacedImage[]): TreeFile[] => some.map(({ file }) => file);
  const weakMasks = await likeMasks(files(weak), looking);
  const twinMasks = await likeMasks(files(twinsOf(images)), looking);
  const result: NamedMasks = { masks: [], images: [], alone: [] };
  for (const image of images) {
    const name = maskName(stemKey(image.file.name));
    const isMask = name?.weak
      ? weakMasks.has(image.file)
      : name !== undefined && isBeside(name, stems.get(folderOf(image)));
    if (isMask || twinMasks.has(image.file))
      result.masks.push({ file: image.file, above: image.file.folders, below: [] });
    else if (name?.certain === true) result.alone.push(image);
    else result.images.push(image);
  }
  return result;
}

const isBeside = ({ of }: MaskName, stems: ReadonlySet<string> | undefined): boolean =>
  of.some((stem) => stems?.has(stem));

/** Of two files of one name, a JPEG and one that keeps values as they are, the other one: it may be a mask. */
function twinsOf(images: readonly PlacedImage[]): PlacedImage[] {
  const lossy = new Set<string>();
  const keyOf = ({ file }: PlacedImage): string => `${file.folders.join('/')}/${stemKey(file.name)}`;
  for (const image of images) if (JPEG.test(image.file.name)) lossy.add(keyOf(image));
  return images.filter((image) => !JPEG.test(image.file.name) && lossy.has(keyOf(image)));
}
