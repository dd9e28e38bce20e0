/** What is known of an image before it is scored. `unknown`: nobody said. */
export type Label = 'good' | 'bad' | 'unknown';

/** Which part of the work an image belongs to. */
export type Split = 'train' | 'validation' | 'test';

/** One image of a data set: where it lies and what is known of it. */
export interface DataSetItem {
  /** Absolute path of the image. */
  path: string;
  /** Path relative to the root of the data set with `/` as separator: the image's name in reports. */
  name: string;
  split: Split;
  label: Label;
  /** Kind of defect, e.g. `crack`, when the layout names it. */
  defect?: string;
  /** Absolute path of the mask image (non-zero = defect), when there is one. */
  maskPath?: string;
}

/** Layouts that are recognised. `folder`: one folder of good images, optionally folders of bad ones. */
export type DataSetLayout = 'mvtec' | 'visa' | 'btech' | 'kolektor' | 'folder' | 'csv' | 'glob';

/** A data set as a list of items, in a fixed order that does not depend on the file system. */
export interface DataSet {
  layout: DataSetLayout;
  /** Name for reports: that of the folder, of the CSV file, or the glob. */
  name: string;
  root: string;
  items: DataSetItem[];
}
