import type { Label, Split } from '@cflow/spec';
import type { SkippedFile, TreeFile } from '../files/file-tree.js';

/** An image with what the words of its folders say. */
export interface PlacedImage {
  file: TreeFile;
  /** Undefined where no folder says it. */
  split: Split | undefined;
  label: Label;
  defect: string | undefined;
  /** No word said the label: it follows from where the image lies, and its mask may know better. */
  byPlace: boolean;
}

/** An image file that is a mask. */
export interface PlacedMask {
  file: TreeFile;
  /** Folders that hold what it is a mask of. */
  above: readonly string[];
  /** What says which of the images there: folders below that of masks, or words in its name. */
  below: readonly string[];
}

/** A tree after its words are read, before masks find their images. */
export interface Placed {
  images: PlacedImage[];
  masks: PlacedMask[];
  skipped: SkippedFile[];
  /** Folders that no word says anything of, where it matters: good ones, or kinds of defect. */
  undecided: UndecidedFolder[];
  /** Paths of folders of bad images that are called like days, lots or parts, and so name no kind of defect. */
  batches: string[];
}

export interface UndecidedFolder {
  path: readonly string[];
  /** Whether images lie straight beside it. */
  straight: boolean;
  split: Split | undefined;
}
