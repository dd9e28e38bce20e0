import * as z from 'zod';

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
  /** Absolute paths of the mask images (non-zero = defect), when there are any; of several, all count. */
  maskPaths?: readonly string[];
  /** Absolute path of an image that is black where this one does not count, where there is one of its own. */
  regionPath?: string;
}

/**
 * Layouts that are recognized. `folder`: folders named in words for good and bad; `folders`: folders that were named
 * one by one as good, bad and masks; `csv`: a table, be it CSV, TSV or JSON lines; `glob`: a list of files.
 */
export const DATA_SET_LAYOUTS = [
  'mvtec',
  'mvtec-loco',
  'mvtec-ad-2',
  'visa',
  'btech',
  'kolektor',
  'folder',
  'csv',
  'glob',
  'folders',
] as const;
export type DataSetLayout = (typeof DATA_SET_LAYOUTS)[number];

/** Why a file takes no part. */
export const SKIP_REASONS = [
  /** What file servers, systems and tools leave behind. */
  'system',
  'hidden',
  /** An image of a format that is not decoded. */
  'unsupported-format',
  /** Neither image nor table. */
  'not-an-image',
  'archive',
  /** A table that lists no images. */
  'other-table',
  /** A pipe, a socket, a device. */
  'special',
  /** A link that leads back to a folder above it. */
  'loop',
  /** In a folder for what is left out: backups, results, previews. */
  'left-out-folder',
  /** Beside the folders train and test, in one that no word places. */
  'outside',
  /** Not in the table. */
  'not-listed',
  /** Of a list, which is of images alone. */
  'mask',
  'mask-without-image',
  'mask-of-good-image',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Files that take no part, for one reason. */
export const skippedFilesSchema = z.object({
  reason: z.enum(SKIP_REASONS),
  count: z.number().int().positive(),
  names: z.array(z.string()).describe('The first few'),
  hint: z.string().optional().describe('What they are, or what to do with them'),
});
export type SkippedFiles = z.infer<typeof skippedFilesSchema>;

/** A data set as a list of items, in a fixed order that does not depend on the file system. */
export interface DataSet {
  layout: DataSetLayout;
  /** Name for reports: that of the folder, of the table, or the glob. */
  name: string;
  root: string;
  items: DataSetItem[];
  /** Absolute path of an image that is black where none of the images counts. */
  region?: string;
  /** Files that were found and take no part. */
  skipped?: readonly SkippedFiles[];
  /** Masks of good images, which say nothing that is needed; looked at for contradictions only. */
  masksOfGood?: readonly { name: string; maskPaths: readonly string[] }[];
  /** Paths of folders of bad images that are called like days, lots or parts, which are no kinds of defect. */
  batches?: readonly string[];
  /** A bad image whose mask says nothing is an error (the default), or counts as one without a mask. */
  missingMasks?: 'error' | 'ignore';
}

/** Something odd about a data set, in the order of `severity`: what cannot work, what is likely wrong, what is worth knowing. */
export const FINDINGS = [
  'unusable-region',
  'unusable-mask',
  'nothing-to-train-on',
  'one-image-good-and-bad',
  'copies-between-train-and-test',
  'copies',
  'all-equal',
  'all-black',
  'flat-images',
  'good-image-with-defect-mask',
  'full-masks',
  'ignored-masks',
  'mixed-sizes',
  'mixed-depths',
  'part-of-range',
  'out-of-range',
  'bad-in-training',
  'unlabelled',
  'batches',
  'unreadable',
  'no-good-test-images',
  'folder-name',
] as const;

export const dataSetFindingSchema = z.object({
  kind: z.enum(FINDINGS),
  severity: z.enum(['problem', 'warning', 'note']),
  message: z.string(),
  count: z.number().int().nonnegative(),
  names: z.array(z.string()).describe('The first few'),
});
export type DataSetFinding = z.infer<typeof dataSetFindingSchema>;

/** Images of one folder (or of one table) that are used alike. */
export const dataSetGroupSchema = z.object({
  from: z.string().describe('The folder, relative to the root; of a table, its name'),
  split: z.enum(['train', 'validation', 'test']),
  label: z.enum(['good', 'bad', 'unknown']),
  defect: z.string().optional(),
  images: z.number().int().positive(),
  masks: z.number().int().nonnegative().describe('Images of the group that have a mask'),
});
export type DataSetGroup = z.infer<typeof dataSetGroupSchema>;

const sideSchema = z.number().int().positive();
const countSchema = z.number().int().nonnegative();

/** What was understood of a data set before anything is trained. */
export const dataSetReportSchema = z
  .object({
    name: z.string(),
    layout: z.enum(DATA_SET_LAYOUTS),
    good: z.object({ train: countSchema, validation: countSchema, test: countSchema }),
    bad: z.object({
      test: countSchema,
      elsewhere: countSchema.describe('In folders for training: they take no part'),
      kinds: countSchema,
      masks: countSchema.describe('Bad images to test on that have a mask'),
    }),
    unlabelled: countSchema.describe(
      'Images that nobody said anything about; they take no part, but in training',
    ),
    groups: z.array(dataSetGroupSchema).describe('At most 100, the largest'),
    skipped: z.array(skippedFilesSchema),
    regions: countSchema.optional().describe('Images that have a region of their own'),
    sizes: z
      .object({
        smallest: z.tuple([sideSchema, sideSchema]),
        largest: z.tuple([sideSchema, sideSchema]),
        distinct: countSchema,
        aspects: z
          .tuple([z.number().positive(), z.number().positive()])
          .describe('Width over height, of the narrowest and of the widest image'),
      })
      .nullable()
      .describe('Width and height'),
    formats: z.array(
      z.object({
        format: z.string(),
        color: z.string(),
        bits: z.number().int().positive(),
        images: countSchema,
      }),
    ),
    range: z
      .object({ low: z.number(), high: z.number(), told: z.boolean() })
      .optional()
      .describe(
        'Values that samples of more than 8 bits lie between, as told, or found over the good images',
      ),
    examined: countSchema.describe('Images whose headers were read, of very many a part'),
    findings: z.array(dataSetFindingSchema),
  })
  .meta({ id: 'DataSetReport' });
export type DataSetReport = z.infer<typeof dataSetReportSchema>;
