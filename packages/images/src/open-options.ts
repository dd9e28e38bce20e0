import type { DataSetLayout, Label, Split } from '@cflow/spec';
import type { ImageLimits } from './image-limits.js';

/** How a data set is opened. */
export interface OpenDataSetOptions {
  /** Read as this layout instead of recognizing it. */
  layout?: DataSetLayout;
  /** The category, where the folder holds several data sets (`bottle` of MVTec AD, `candle` of VisA, `01` of BTech). */
  category?: string;
  /** Folders (or files, or globs) of good images, of bad ones and of masks, wherever they are, instead of what words say. */
  good?: readonly string[];
  bad?: readonly string[];
  masks?: readonly string[];
  /** A mask, not black where images count, or a folder of such masks, one for each image and called like it. Neither is an image of the set. */
  region?: string;
  /** Part of the good images, 0 to 1, held out for the test where the layout has no split. Default 0.2. */
  testFraction?: number;
  /** Decides which good images are held out. Default 0. */
  seed?: number;
  /** Where there are masks, a bad test image without one is an error (the default), or simply has none. */
  missingMasks?: 'error' | 'ignore';
  /** Label of the images of a glob. Default `unknown`. */
  label?: Label;
  /** Split of the images of a glob. Default `train`. */
  split?: Split;
  /** Take every image that a list names, without a look at the words in its name: to score them. Default false. */
  everyImage?: boolean;
  /** Bounds of the masks that are decoded to tell good images from bad ones. */
  limits?: ImageLimits;
  /** Folder that relative paths start from. Default: the working directory. */
  folder?: string;
  /** Folder that no path of a table may lead out of: for data sets of strangers. */
  within?: string;
  /** Ends it, with its reason, before the next file is looked into. */
  signal?: AbortSignal | undefined;
}

/** The same with defaults in place. */
export type ResolvedOptions = OpenDataSetOptions &
  Required<Pick<OpenDataSetOptions, 'testFraction' | 'seed' | 'missingMasks'>>;
