import { DataSetError, type DataSetItem } from '@cflow/spec';
import { type ImageTree, pathOf, segments, stem } from './image-tree.js';

const MASK_FOLDERS = new Set(['ground_truth', 'masks', 'mask']);

/** Whether a folder directly below the root holds masks rather than images. */
export function isMaskFolder(folder: string): boolean {
  return MASK_FOLDERS.has(folder.toLowerCase());
}

/**
 * The masks of a tree, to be looked up by `<defect>/<image without extension>`. A mask is named like its image, or
 * like its image and `_mask`, with any extension, below `ground_truth/<defect>` (or `masks`).
 */
export class MaskIndex {
  readonly #paths = new Map<string, string>();

  constructor(tree: ImageTree) {
    for (const name of tree.images) {
      const [folder, ...rest] = segments(name);
      if (folder !== undefined && rest.length > 0 && isMaskFolder(folder)) {
        this.#paths.set(stem(rest.join('/')), pathOf(tree, name));
      }
    }
  }

  /** Whether there are no masks at all: a data set for image-level figures only. */
  get isEmpty(): boolean {
    return this.#paths.size === 0;
  }

  /** @param key `<defect>/<image without extension>`. */
  find(key: string): string | undefined {
    return this.#paths.get(`${key}_mask`) ?? this.#paths.get(key);
  }
}

/**
 * Throws a DataSetError that names bad images of the test without a mask, where other masks exist: pixel figures
 * would be silently wrong.
 */
export function checkMasks(items: readonly DataSetItem[], where: string): void {
  const missing = items.filter(
    ({ split, label, maskPath }) => split !== 'train' && label === 'bad' && maskPath === undefined,
  );
  if (missing.length === 0) return;
  const named = missing.slice(0, 5).map(({ name }) => name);
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
  throw new DataSetError(
    `${missing.length} bad images have no mask: expected ${where}, found none for ${named.join(', ')}${more}; ` +
      'add the masks, or ask for missing masks to be ignored',
    { details: { missing: missing.length, names: named } },
  );
}
