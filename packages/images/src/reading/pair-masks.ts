import type { Split } from '@cflow/spec';
import { fileKind } from '../files/file-kind.js';
import { stemKey, stemOf, type TreeFile } from '../files/file-tree.js';
import { maskName, plainStem } from '../vocabulary/mask-name.js';
import { meaningOf, wordsOf } from '../vocabulary/meaning-of.js';
import type { PlacedImage, PlacedMask } from './placed.js';
import { ambiguous } from './say-which.js';

/** Which masks belong to which image. */
export interface PairedMasks {
  /** Of several masks of an image all count. */
  of: Map<PlacedImage, TreeFile[]>;
  /** Masks that no image is called like. */
  orphans: PlacedMask[];
}

/** Of more images of one name than this, the others are not looked at: hostile trees have thousands. */
const MOST_CANDIDATES = 1000;

/**
 * Finds the image of each mask: that of its name in the folder that its own corresponds to (`test/crack/0.png` for
 * `ground_truth/crack/0_mask.png`, `images/0.png` for `masks/0.png` beside it); or, where masks of one image have a
 * folder of their own, that of the folder's name; or else the only bad image of its name that lies where the mask may
 * belong, or the only image at all.
 *
 * @throws DataSetError for a mask that may belong to several images
 */
export function pairMasks(images: readonly PlacedImage[], masks: readonly PlacedMask[]): PairedMasks {
  const index = new ImageIndex(images);
  const result: PairedMasks = { of: new Map(), orphans: [] };
  for (const mask of masks) {
    const image = index.find(mask);
    if (image) result.of.set(image, [...(result.of.get(image) ?? []), mask.file]);
    else result.orphans.push(mask);
  }
  return result;
}

class ImageIndex {
  /** By the folders' words as they are, by what they mean, and by the stem alone. */
  readonly #exact = new Map<string, PlacedImage[]>();
  readonly #meant = new Map<string, PlacedImage[]>();
  readonly #stems = new Map<string, PlacedImage[]>();
  readonly #contexts = new Contexts();

  constructor(images: readonly PlacedImage[]) {
    for (const image of images) {
      const { exact, meant } = this.#contexts.of(image.file.folders);
      const stem = stemKey(image.file.name);
      for (const each of new Set([stem, plainStem(stem)])) {
        add(this.#exact, `${exact}/${each}`, image);
        add(this.#meant, `${meant}/${each}`, image);
        add(this.#stems, each, image);
      }
    }
  }

  find(mask: PlacedMask): PlacedImage | undefined {
    const own = stemsOf(mask.file.name);
    const { exact, meant } = this.#contexts.of([...mask.above, ...mask.below]);
    const folder = mask.below.at(-1)?.normalize('NFC').toLowerCase();
    const outside = this.#contexts.of([...mask.above, ...mask.below.slice(0, -1)]);
    const lookups: (() => readonly PlacedImage[] | undefined)[] = [
      ...own.map((stem) => () => this.#exact.get(`${exact}/${stem}`)),
      ...own.map((stem) => () => this.#meant.get(`${meant}/${stem}`)),
      ...(folder === undefined
        ? []
        : [
            () => this.#exact.get(`${outside.exact}/${folder}`),
            () => this.#meant.get(`${outside.meant}/${folder}`),
          ]),
      ...own.map((stem) => () => this.#loose(stem, mask)),
    ];
    for (const lookUp of lookups) {
      const found = lookUp();
      const image = found && this.#only(found, mask);
      if (image) return image;
    }
    return undefined;
  }

  /** Images of a name, wherever they lie, that a mask may belong to. */
  #loose(stem: string, mask: PlacedMask): PlacedImage[] | undefined {
    return this.#stems
      .get(stem)
      ?.slice(0, MOST_CANDIDATES)
      .filter((image) => this.#mayBe(image, mask));
  }

  /** A mask of a kind that is named is not one of another kind, only because the names of the files agree. */
  #mayBe({ file }: PlacedImage, { above, below }: PlacedMask): boolean {
    if (!startsWith(file.folders, above)) return false;
    const { meant } = this.#contexts.of(below);
    if (meant === '' || meant === 'bad') return true;
    const own = this.#contexts.of(file.folders).meant;
    return (own === '' || own === 'bad') && meant !== 'good';
  }

  /** The one of several that a mask belongs to: below the same folder, of the same split, bad rather than good. */
  #only(found: readonly PlacedImage[], mask: PlacedMask): PlacedImage | undefined {
    const near = found.slice(0, MOST_CANDIDATES).filter(({ file }) => startsWith(file.folders, mask.above));
    const split = splitOf([...mask.above, ...mask.below]);
    let left: readonly PlacedImage[] = near;
    for (const isRight of [
      (image: PlacedImage) => split === undefined || image.split === split,
      (image: PlacedImage) => image.label !== 'good' || image.byPlace,
      (image: PlacedImage) => image.label === 'bad',
    ]) {
      if (left.length < 2) break;
      const right = left.filter(isRight);
      if (right.length > 0) left = right;
    }
    const [first, second] = left;
    if (first && second) {
      throw ambiguous(
        `cannot tell which image the mask ${mask.file.name} belongs to`,
        [`to ${first.file.name}`, `to ${second.file.name}`],
        { mask: mask.file.name, images: [first.file.name, second.file.name] },
      );
    }
    return first;
  }
}

/** The names of images, in lower case, that a mask may belong to. */
function stemsOf(name: string): string[] {
  const stem = stemKey(name);
  const stems = [stem, ...(maskName(stem)?.of ?? [])];
  // "0.png.png" and "0.jpg_mask.png" are masks of "0".
  const bare = stems.flatMap((each) => (fileKind(each).kind === 'image' ? [stemOf(each)] : []));
  return [...new Set([...stems, ...bare])];
}

/** What the names of folders say of the kind of their images, remembered by name. */
class Contexts {
  readonly #words = new Map<string, { exact: string; meant: string } | undefined>();

  of(folders: readonly string[]): { exact: string; meant: string } {
    const words = folders.flatMap((folder) => this.#word(folder) ?? []);
    const meant = words.map((word) => word.meant);
    // "bad/scratch" is "scratch".
    const kinds = meant.filter((word) => word !== 'bad');
    return {
      exact: words.map(({ exact }) => exact).join('/'),
      meant: kinds.length > 0 ? kinds.join('/') : (meant[0] ?? ''),
    };
  }

  #word(folder: string): { exact: string; meant: string } | undefined {
    if (!this.#words.has(folder)) {
      const { role, of } = meaningOf(folder);
      const own = wordsOf(folder).join(' ') || folder;
      const meant = role === 'bad' || role === 'good' ? (of ?? role) : own;
      this.#words.set(folder, role === 'images' ? undefined : { exact: own, meant });
    }
    return this.#words.get(folder);
  }
}

function splitOf(folders: readonly string[]): Split | undefined {
  for (const folder of folders) {
    const { split } = meaningOf(folder);
    if (split !== undefined) return split;
  }
  return undefined;
}

const startsWith = (folders: readonly string[], above: readonly string[]): boolean =>
  above.every((folder, i) => folders[i] === folder);

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
