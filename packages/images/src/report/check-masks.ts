import { CflowError, type DataSet, type DataSetItem, type ImageError, type Mask } from '@cflow/spec';
import type { ImageLimits } from '../image-limits.js';
import { mapInOrder } from '../map-in-order.js';
import { readDefectMask } from '../masks/read-defect-mask.js';
import { readImageHeader } from './read-header.js';
import type { CheckedMasks } from './seen.js';

const AT_ONCE = 4;
/** Part of a picture above which its mask is taken for an inverted one. */
const MOST_MARKED = 0.9;

/** Reads every mask, since figures of pixels are wrong by each that says nothing, or cannot be read. */
export async function checkMasks(
  { items, masksOfGood = [] }: DataSet,
  { signal, limits }: { signal?: AbortSignal | undefined; limits?: ImageLimits | undefined } = {},
): Promise<CheckedMasks> {
  const checked: CheckedMasks = { unusable: [], full: [], contradictions: [] };
  const masked = items.filter(({ label, maskPaths }) => label === 'bad' && maskPaths !== undefined);
  const look = async (item: DataSetItem) => ({
    item,
    ...(await maskOf(item.path, item.maskPaths ?? [], { mustMark: true, limits })),
  });
  for await (const { item, error, mask } of mapInOrder(masked, look, { concurrency: AT_ONCE, signal })) {
    if (error && !isOverLimit(error)) checked.unusable.push({ item, error });
    if (mask && isNearlyFull(mask)) checked.full.push(item);
  }
  const pathOf = new Map(items.map(({ name, path }) => [name, path]));
  const lookAtGood = async ({ name, maskPaths }: { name: string; maskPaths: readonly string[] }) => ({
    name,
    ...(await maskOf(pathOf.get(name) ?? '', maskPaths, { mustMark: false, limits })),
  });
  for await (const { name, mask } of mapInOrder(masksOfGood, lookAtGood, { concurrency: AT_ONCE, signal })) {
    if (mask?.data.includes(1)) checked.contradictions.push(name);
  }
  return checked;
}

/** As large as its image, which is left out by the same limit. */
const isOverLimit = ({ details }: ImageError): boolean =>
  ['too-many-pixels', 'too-large'].includes(String(details.reason));

/** A defect of nearly the whole picture is rare; an inverted mask is not. */
function isNearlyFull({ data }: Mask): boolean {
  let marked = 0;
  for (const value of data) marked += value;
  return marked >= MOST_MARKED * data.length;
}

async function maskOf(
  path: string,
  masks: readonly string[],
  options: { mustMark: boolean; limits: ImageLimits | undefined },
) {
  const header = await readImageHeader(path);
  if (!header) return {};
  try {
    return { mask: await readDefectMask(masks, header, options) };
  } catch (error) {
    if (CflowError.isInstance(error) && error.code === 'image') return { error: error as ImageError };
    throw error;
  }
}
