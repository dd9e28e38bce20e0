import { evenlySpaced } from '../evenly-spaced.js';
import type { TreeFile } from '../files/file-tree.js';
import { looksOf } from './looks.js';
import type { PlacedMask } from './placed.js';
import { ambiguous } from './say-which.js';

/** Folders that are looked into. */
const MOST_FOLDERS = 64;

/** A folder that is called like masks, whose files mostly are photographs. */
export interface PhotographFolder {
  /** Its path from the root. */
  path: string;
  files: readonly TreeFile[];
  /** In color, which no mask is. Grays may be those of a mask with soft borders, for which its image speaks. */
  isColored: boolean;
}

/** Which folders of masks hold photographs: masks are a word for products, too, which people wear. */
export async function photographFolders(
  masks: readonly PlacedMask[],
  signal?: AbortSignal,
): Promise<PhotographFolder[]> {
  const folders = new Map<string, TreeFile[]>();
  for (const { file, above } of masks) {
    const path = file.folders.slice(0, above.length + 1).join('/');
    const files = folders.get(path);
    if (files) files.push(file);
    else folders.set(path, [file]);
  }
  const found: PhotographFolder[] = [];
  for (const [path, files] of evenlySpaced([...folders], MOST_FOLDERS)) {
    const { photographs, colored, others } = await looksOf(files, signal);
    if (photographs > 0 && photographs >= others)
      found.push({ path, files, isColored: colored >= photographs });
  }
  return found;
}

/** The refusal of such a folder. */
export function photographsAsMasks({ path, files: [first] }: PhotographFolder): Error {
  return ambiguous(
    `cannot tell what is in ${path}, which is called like masks, but holds photographs, such as ${first?.name}`,
    ['they are images, of a product or of a kind of defect that is called so', 'they are masks after all'],
    { folder: path },
  );
}
