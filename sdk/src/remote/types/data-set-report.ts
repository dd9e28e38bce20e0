/** Layouts that are recognized. */
export type DataSetLayout =
  | 'mvtec'
  | 'mvtec-loco'
  | 'mvtec-ad-2'
  | 'visa'
  | 'btech'
  | 'kolektor'
  | 'folder'
  | 'csv'
  | 'glob'
  | 'folders';

/** Why a file takes no part. */
export type SkipReason =
  | 'system'
  | 'hidden'
  | 'unsupported-format'
  | 'not-an-image'
  | 'archive'
  | 'other-table'
  | 'special'
  | 'loop'
  | 'left-out-folder'
  | 'outside'
  | 'not-listed'
  | 'mask'
  | 'mask-without-image'
  | 'mask-of-good-image';

/** What may be odd about a data set. */
export type DataSetFindingKind =
  | 'unusable-region'
  | 'unusable-mask'
  | 'nothing-to-train-on'
  | 'one-image-good-and-bad'
  | 'copies-between-train-and-test'
  | 'copies'
  | 'all-equal'
  | 'all-black'
  | 'flat-images'
  | 'good-image-with-defect-mask'
  | 'full-masks'
  | 'ignored-masks'
  | 'mixed-sizes'
  | 'mixed-depths'
  | 'part-of-range'
  | 'out-of-range'
  | 'bad-in-training'
  | 'unlabelled'
  | 'batches'
  | 'unreadable'
  | 'no-good-test-images'
  | 'folder-name';

/** What was understood of a data set before anything is trained. */
export interface DataSetReport {
  name: string;
  layout: DataSetLayout;
  /** Good images by what they are for. */
  good: { train: number; validation: number; test: number };
  bad: {
    test: number;
    /** In folders for training: they take no part. */
    elsewhere: number;
    kinds: number;
    /** Bad images to test on that have a mask. */
    masks: number;
  };
  /** Images that nobody said anything about. */
  unlabelled: number;
  /** By folder, the largest. */
  groups: {
    from: string;
    split: 'train' | 'validation' | 'test';
    label: 'good' | 'bad' | 'unknown';
    defect?: string | undefined;
    images: number;
    masks: number;
  }[];
  /** Files that take no part, by reason, with the first few names. */
  skipped: { reason: SkipReason; count: number; names: string[]; hint?: string | undefined }[];
  /** Images that have a region of their own. */
  regions?: number | undefined;
  /** Width and height in pixels. */
  sizes: {
    smallest: [number, number];
    largest: [number, number];
    distinct: number;
    /** Width over height, of the narrowest and of the widest image. */
    aspects: [number, number];
  } | null;
  formats: { format: string; color: string; bits: number; images: number }[];
  /** Values that samples of more than 8 bits lie between, as told, or found over the good images. */
  range?: { low: number; high: number; told: boolean } | undefined;
  /** Images whose headers were read. */
  examined: number;
  findings: {
    kind: DataSetFindingKind;
    severity: 'problem' | 'warning' | 'note';
    message: string;
    count: number;
    names: string[];
  }[];
}
