import {
  CflowError,
  type DataSet,
  DataSetError,
  type DataSetItem,
  type DataSetReport,
  type SampleRange,
} from '@cflow/spec';
import { decodeImage } from '../decode-image.js';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from '../image-limits.js';
import { mapInOrder } from '../map-in-order.js';
import { checkMasks } from './check-masks.js';
import { unusableRegions } from './check-regions.js';
import { findCopies } from './find-copies.js';
import { findRange } from './find-range.js';
import { maskFindings, regionFindings } from './findings.js';
import { makeReport, type Observations } from './make-report.js';
import { readImageHeader } from './read-header.js';
import { samplePixels } from './sample-pixels.js';
import type { ImageHeader } from './seen.js';

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
  const headers = await readHeaders(paths, limits, signal);
  const masks = await checkMasks(dataSet, { signal, limits });
  const regions = await unusableRegions(used, dataSet.region, { signal, limits });
  const ignoresMasks = dataSet.missingMasks === 'ignore';
  const unusable = new Set(masks.unusable.map(({ item }) => item));
  const items = ignoresMasks
    ? dataSet.items.map((item) => (unusable.has(item) ? withoutMasks(item) : item))
    : dataSet.items;
  const copies = await findCopies(paths, signal);
  const deep = headers.read.some(({ bits }) => bits > 8);
  const range = deep || told ? await findRange(trainPaths(used), { range: told, limits, signal }) : undefined;
  const { samples, failed } = await samplePixels(paths, range, signal);
  const report = makeReport({
    dataSet: { ...dataSet, items },
    used,
    headers: headers.read,
    ...(await unreadableOf(paths, headers.unreadable, failed, limits)),
    copies,
    samples,
    masks: [...regionFindings(regions), ...maskFindings(masks, ignoresMasks)],
    range,
  });
  return { dataSet: { ...dataSet, items }, report };
}

/** Images without a header or over the limit of pixels, and those that were found not to be decoded, and what is wrong with the first. */
async function unreadableOf(
  paths: readonly string[],
  bare: readonly number[],
  failed: Awaited<ReturnType<typeof samplePixels>>['failed'],
  limits: ImageLimits | undefined,
): Promise<Pick<Observations, 'unreadable' | 'why'>> {
  const unreadable = [...new Set([...bare, ...failed.map(({ index }) => index)])].sort((a, b) => a - b);
  const [first] = unreadable;
  if (first === undefined) return { unreadable };
  const known = failed.find(({ index }) => index === first)?.error;
  const error =
    known ??
    (await decodeImage(paths[first] as string, limits).then(
      () => undefined,
      (each: unknown) => each,
    ));
  if (!CflowError.isInstance(error)) return { unreadable };
  return { unreadable, why: error.message.replace(`${error.details.source}: `, '') };
}

/**
 * Stops at what would make a detector or its figures wrong.
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
  { pixels = DEFAULT_IMAGE_LIMITS.pixels }: ImageLimits = {},
  signal: AbortSignal | undefined,
): Promise<{ read: ImageHeader[]; unreadable: number[] }> {
  const step = Math.max(1, paths.length / MOST_HEADERS);
  const chosen = Array.from({ length: Math.min(MOST_HEADERS, paths.length) }, (_, i) => Math.trunc(i * step));
  const read: ImageHeader[] = [];
  const unreadable: number[] = [];
  const look = async (i: number) => ({ i, header: await readImageHeader(paths[i] as string) });
  for await (const { i, header } of mapInOrder(chosen, look, { concurrency: HEADERS_AT_ONCE, signal })) {
    if (header) read.push(header);
    if (!header || header.width * header.height > pixels) unreadable.push(i);
  }
  return { read, unreadable };
}
