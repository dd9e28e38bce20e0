import type { DataSetGroup, DataSetLayout, DataSetReport, SkippedFiles, SkipReason } from '@cflow/spec';

const LAYOUT_NAMES: Readonly<Record<DataSetLayout, string>> = {
  mvtec: 'MVTec AD',
  'mvtec-loco': 'MVTec LOCO AD',
  'mvtec-ad-2': 'MVTec AD 2',
  visa: 'VisA',
  btech: 'BTech',
  kolektor: 'Kolektor',
  folder: 'folders',
  csv: 'a table',
  glob: 'a list of images',
  folders: 'folders as named',
};

/** What a number of files is, of each reason; the first for one, the second for more. */
const REASONS: Readonly<Record<SkipReason, readonly [string, string]>> = {
  system: ['of a system or a file server', 'of a system or a file server'],
  hidden: ['hidden', 'hidden'],
  'unsupported-format': ['of a format that is not read', 'of a format that is not read'],
  'not-an-image': ['not an image', 'not images'],
  archive: ['archive', 'archives'],
  'other-table': ['table that is not used', 'tables that are not used'],
  special: ['no regular file', 'no regular files'],
  loop: ['link to a folder above it', 'links to folders above them'],
  'left-out-folder': ['image in a folder that is left out', 'images in folders that are left out'],
  outside: ['image outside of the data set', 'images outside of the data set'],
  'not-listed': ['image that is not listed', 'images that are not listed'],
  mask: ['mask', 'masks'],
  'mask-without-image': ['mask without an image', 'masks without an image'],
  'mask-of-good-image': ['mask of a good image', 'masks of good images'],
};

const MOST_KINDS = 12;
const LONGEST_KIND = 60;
const MOST_FOLDERS = 3;
const SIGNS = { problem: 'error', warning: 'warning', note: 'note' } as const;

/** The name of a layout for people. */
export function layoutName(layout: DataSetLayout): string {
  return LAYOUT_NAMES[layout];
}

/** Skipped files in a few words: `3 not images (a.txt, b.md)`. */
export function skippedText({ reason, count, names, hint }: SkippedFiles): string {
  const what = REASONS[reason][count === 1 ? 0 : 1];
  const shown = names.slice(0, 3).join(', ') + (count > 3 ? ', …' : '');
  return `${count} ${what}${hint === undefined ? '' : `, ${hint}`} (${shown})`;
}

/**
 * What was understood of a data set, for a terminal: what is good and bad, from where, what is skipped and why, and what is
 * odd. Names in it may hold anything.
 */
export function dataSetLines(report: DataSetReport): string[] {
  return dataSetRows(report).map(([title, text]) => `${title.padEnd(9)} ${text}`);
}

/** The same as titles and texts; a title is empty where a row goes on with what the one before said. */
export function dataSetRows(report: DataSetReport): (readonly [title: string, text: string])[] {
  const { good, bad, unlabelled, sizes, skipped, findings } = report;
  const of = (label: DataSetGroup['label'], split: DataSetGroup['split']): string =>
    fromText(report, label, split);
  const rows: (readonly [string, string])[] = [
    ['data set', `${report.name}, read as ${layoutName(report.layout)}`],
  ];
  const goodRows = [
    ...row(good.train, 'to train on', of('good', 'train')),
    ...row(good.validation, 'to validate on', of('good', 'validation')),
    ...row(good.test, 'to test on', of('good', 'test')),
  ];
  rows.push(...titled('good', goodRows.length > 0 ? goodRows : ['none']));
  const masks =
    bad.masks > 0 ? `, ${bad.masks === bad.test ? 'all' : bad.masks} with masks` : ', without masks';
  const badRows = [
    ...(bad.test > 0 ? [`${bad.test} to test on${masks}: ${kindsText(report)}`] : []),
    ...row(bad.elsewhere, 'that take no part', of('bad', 'train')),
  ];
  rows.push(...titled('bad', badRows.length > 0 ? badRows : ['none']));
  if (unlabelled > 0)
    rows.push(['unknown', `${unlabelled}, which nobody calls good or bad${unlabelledText(report)}`]);
  if (sizes) rows.push(['pixels', pixelsText(report)]);
  if (report.regions !== undefined) rows.push(['regions', `of their own: ${report.regions} images`]);
  if (report.range) rows.push(['values', rangeText(report.range)]);
  rows.push(...titled('skipped', skipped.map(skippedText)));
  for (const { severity, message } of findings) rows.push([SIGNS[severity], message]);
  return rows;
}

function rangeText({ low, high, told }: NonNullable<DataSetReport['range']>): string {
  const bits = Math.log2(high + 1);
  const depth = low === 0 && Number.isInteger(bits) && bits > 1 ? `, ${bits} bits` : '';
  return `${short(low)} to ${short(high)}${depth}${told ? '' : ', as found over the good images; --range says it otherwise'}`;
}

const short = (value: number): string => String(Number(value.toPrecision(6)));

function titled(title: string, lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line, i) => [i === 0 ? title : '', line] as const);
}

function row(count: number, what: string, from: string): string[] {
  return count === 0 ? [] : [`${count} ${what}${from}`];
}

function fromText(
  { groups }: DataSetReport,
  label: DataSetGroup['label'],
  split: DataSetGroup['split'],
): string {
  const folders = [
    ...new Set(
      groups.filter((group) => group.label === label && group.split === split).map(({ from }) => from),
    ),
  ];
  if (folders.length === 0) return '';
  const more = folders.length > MOST_FOLDERS ? ` and ${folders.length - MOST_FOLDERS} more folders` : '';
  const shown = folders
    .slice(0, MOST_FOLDERS)
    .map((folder) => (folder === '.' ? 'the folder itself' : folder));
  return `, from ${shown.join(', ')}${more}`;
}

/** Images of unknown kind are trained on where a person named them for it. */
function unlabelledText({ groups }: DataSetReport): string {
  const train = groups.filter(({ label, split }) => label === 'unknown' && split === 'train');
  const count = train.reduce((sum, { images }) => sum + images, 0);
  return count > 0 ? `; ${count} of them are taken as good, to train on` : '; they take no part';
}

function kindsText({ groups }: DataSetReport): string {
  const kinds = new Map<string, number>();
  for (const { label, split, defect = 'bad', images } of groups) {
    if (label === 'bad' && split === 'test') kinds.set(defect, (kinds.get(defect) ?? 0) + images);
  }
  const listed = [...kinds].map(([kind, count]) => `${count} ${shortened(kind)}`);
  const more = listed.length > MOST_KINDS ? ` and ${listed.length - MOST_KINDS} more kinds` : '';
  return listed.slice(0, MOST_KINDS).join(', ') + more;
}

const shortened = (name: string): string =>
  name.length > LONGEST_KIND ? `${name.slice(0, LONGEST_KIND - 1)}…` : name;

function pixelsText({ sizes, formats }: DataSetReport): string {
  if (!sizes) return '';
  const { smallest, largest, distinct } = sizes;
  const size =
    distinct === 1
      ? smallest.join(' x ')
      : `${smallest.join(' x ')} to ${largest.join(' x ')}, ${distinct} sizes`;
  const kinds = formats.slice(0, 3).map(({ format, color, bits, images }) => {
    const many = formats.length > 1 ? `${images} ` : '';
    return `${many}${format} in ${color} of ${bits} bits`;
  });
  return `${size}; ${kinds.join(', ')}${formats.length > 3 ? ', …' : ''}`;
}
