import {
  type DataSet,
  DataSetError,
  type DataSetFinding,
  type DataSetItem,
  type DataSetReport,
  type SampleRange,
} from '@cflow/spec';
import type { ImageLimits } from '../image-limits.js';
import { mapInOrder } from '../map-in-order.js';
import { checkMasks } from './check-masks.js';
import { unusableRegions } from './check-regions.js';
import { findCopies } from './find-copies.js';
import { findRange } from './find-range.js';
import {
  copyFindings,
  finding,
  maskFindings,
  pixelFindings,
  regionFindings,
  sizeFindings,
  useFindings,
} from './findings.js';
import { groupsOf } from './groups.js';
import { type ImageHeader, readImageHeader } from './read-header.js';
import { samplePixels } from './sample-pixels.js';

export interface ExamineOptions {
  signal?: AbortSignal | undefined;
  /** Of the masks that are decoded. */
  limits?: ImageLimits | undefined;
  /** Values that samples of more than 8 bits lie between, where somebody said so; else they are looked for. */
  range?: SampleRange | undefined;
}

/** A data set with what was understood of it. */
export interface ExaminedDataSet {
  /** Without the masks that say nothing, where missing masks are to be ignored. */
  dataSet: DataSet;
  report: DataSetReport;
}

/** Headers that are read; of more images, so many evenly spaced. */
const MOST_HEADERS = 20_000;
const HEADERS_AT_ONCE = 8;
const MOST_GROUPS = 100;

/**
 * Says what was understood of a data set, and what is odd about it: how many images of which kind from where, what is skipped
 * and why, sizes and depths, copies, masks that say nothing. Reads headers, all masks, the files that may be copies, and
 * decodes a few images.
 *
 * Rejects with the signal's reason.
 */
export async function examineDataSet(
  dataSet: DataSet,
  { signal, limits, range: told }: ExamineOptions = {},
): Promise<ExaminedDataSet> {
  const used = dataSet.items.filter(({ label, split }) => label !== 'unknown' || split === 'train');
  const paths = used.map(({ path }) => path);
  const headers = await readHeaders(paths, signal);
  const masks = await checkMasks(dataSet, { signal, limits });
  const regions = await unusableRegions(used, dataSet.region, { signal, limits });
  const ignoresMasks = dataSet.missingMasks === 'ignore';
  const unusable = new Set(masks.unusable.map(({ item }) => item));
  const items = ignoresMasks
    ? dataSet.items.map((item) => (unusable.has(item) ? withoutMasks(item) : item))
    : dataSet.items;
  const copies = copyFindings(used, await findCopies(paths, signal));
  const deep = headers.read.some(({ bits }) => bits > 8);
  const range = deep || told ? await findRange(trainPaths(used), { range: told, limits, signal }) : undefined;
  const pixels = pixelFindings(used, await samplePixels(paths, range, signal));
  const findings: DataSetFinding[] = [
    ...regionFindings(regions),
    ...maskFindings(masks, ignoresMasks),
    ...useFindings(dataSet),
    ...copies,
    // That copies of one file have the same pixels is no news.
    ...pixels.filter(({ kind }) => kind !== 'all-equal' || copies.every((other) => other.kind !== kind)),
    ...sizeFindings(headers.read),
    ...(headers.unreadable.length > 0
      ? [
          finding(
            'unreadable',
            'warning',
            headers.unreadable.map((i) => (used[i] as DataSetItem).name),
            (count, names) =>
              `${count === 1 ? '1 image has' : `${count} images have`} no header that can be read: ${names}`,
          ),
        ]
      : []),
  ];
  const severities = ['problem', 'warning', 'note'];
  findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const report = { ...reportOf({ ...dataSet, items }, headers.read, findings), ...(range && { range }) };
  return { dataSet: { ...dataSet, items }, report };
}

/**
 * @param masks whether masks of defects are needed. Default true
 * @throws DataSetError when something was found with which a detector or its figures would be wrong
 */
export function checkReport({ findings }: DataSetReport, { masks = true }: { masks?: boolean } = {}): void {
  const problem = findings.find(
    ({ kind }) => kind === 'unusable-region' || (masks && kind === 'unusable-mask'),
  );
  if (!problem) return;
  throw new DataSetError(problem.message, { details: { count: problem.count, names: problem.names } });
}

/** What a range is found over: what is trained on, or all where nothing is. */
function trainPaths(used: readonly DataSetItem[]): string[] {
  const train = used.filter(({ label, split }) => label !== 'bad' && split === 'train');
  return (train.length > 0 ? train : used).map(({ path }) => path);
}

function withoutMasks({ maskPaths, ...item }: DataSetItem): DataSetItem {
  return item;
}

async function readHeaders(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ read: ImageHeader[]; unreadable: number[] }> {
  const step = Math.max(1, paths.length / MOST_HEADERS);
  const chosen = Array.from({ length: Math.min(MOST_HEADERS, paths.length) }, (_, i) => Math.trunc(i * step));
  const read: ImageHeader[] = [];
  const unreadable: number[] = [];
  const look = async (i: number) => ({ i, header: await readImageHeader(paths[i] as string) });
  for await (const { i, header } of mapInOrder(chosen, look, { concurrency: HEADERS_AT_ONCE, signal })) {
    if (header) read.push(header);
    else unreadable.push(i);
  }
  return { read, unreadable };
}

function reportOf(
  dataSet: DataSet,
  headers: readonly ImageHeader[],
  findings: DataSetFinding[],
): DataSetReport {
  const { items, skipped = [], name, layout } = dataSet;
  const count = (label: DataSetItem['label'], split?: DataSetItem['split']): number =>
    items.filter((item) => item.label === label && (split === undefined || item.split === split)).length;
  const badTest = items.filter(({ label, split }) => label === 'bad' && split === 'test');
  const areas = headers.toSorted((a, b) => a.width * a.height - b.width * b.height);
  const [smallest, largest] = [areas.at(0), areas.at(-1)];
  const regions = items.filter(({ regionPath }) => regionPath !== undefined).length;
  const aspects = headers.map(({ width, height }) => width / height).sort((a, b) => a - b);
  return {
    name,
    layout,
    good: {
      train: count('good', 'train'),
      validation: count('good', 'validation'),
      test: count('good', 'test'),
    },
    bad: {
      test: badTest.length,
      elsewhere: count('bad') - badTest.length,
      kinds: new Set(badTest.flatMap(({ defect }) => defect ?? [])).size,
      masks: badTest.filter(({ maskPaths }) => maskPaths !== undefined).length,
    },
    unlabelled: count('unknown'),
    groups: groupsOf(dataSet).slice(0, MOST_GROUPS),
    skipped: [...skipped],
    ...(regions > 0 && { regions }),
    sizes:
      smallest && largest
        ? {
            smallest: [smallest.width, smallest.height],
            largest: [largest.width, largest.height],
            distinct: new Set(headers.map(({ width, height }) => `${width}x${height}`)).size,
            aspects: [aspects[0] as number, aspects.at(-1) as number],
          }
        : null,
    formats: formatsOf(headers),
    examined: headers.length,
    findings,
  };
}

function formatsOf(headers: readonly ImageHeader[]): DataSetReport['formats'] {
  const formats = new Map<string, DataSetReport['formats'][number]>();
  for (const { format, color, bits } of headers) {
    const key = `${format}/${color}/${bits}`;
    const entry = formats.get(key) ?? { format, color, bits, images: 0 };
    entry.images++;
    formats.set(key, entry);
  }
  return [...formats.values()].sort((a, b) => b.images - a.images);
}
