// What was seen of a data set, wherever it was looked at: in Node as files, in a page as pictures.
import type { DataSetItem, ImageError, SampleRange } from '@cflow/spec';

/** What the header of an image file says. */
export interface ImageHeader {
  /** Upright, in pixels. */
  width: number;
  height: number;
  /** `PNG`, `JPEG`, .... */
  format: string;
  color: 'gray' | 'color';
  /** Of a sample. */
  bits: number;
}

/** The pixels of an image, in short. */
export interface PixelSample {
  index: number;
  least: number;
  most: number;
  /** Whether its samples have more than 8 bits. */
  deep: boolean;
  /** Values that its samples should lie between. */
  range: SampleRange;
  /** How it does not fit the range that is to be taken, in words. */
  misfit: string | undefined;
  /** Of all pixels and the size. */
  hash: string;
}

/** What the masks of a data set say. */
export interface CheckedMasks {
  /** Masks of bad images that say nothing, or cannot be read. */
  unusable: { item: DataSetItem; error: ImageError }[];
  /** Bad images whose mask marks nearly all of them: perhaps inverted. */
  full: DataSetItem[];
  /** Images called good whose mask marks a defect. */
  contradictions: string[];
}
