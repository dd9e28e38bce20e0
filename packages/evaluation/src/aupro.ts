import { ConfigurationError, type Mask, type ScalarMap } from '@cflow/spec';
import { connectedComponents } from './connected-components.js';
import { rankPixels } from './pixel-scores.js';

export interface AuProOptions {
  /** False-positive rate up to which the curve is integrated, in (0, 1]. Default 0.3. */
  fprLimit?: number | undefined;
}

/**
 * Area under the per-region-overlap curve (Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 129, 2021,
 * section 5). At a threshold `t`,
 *
 *     PRO(t) = mean over the ground truth's connected components C of |{p in C: map(p) >= t}| / |C|
 *     FPR(t) = |{good pixels p of all images: map(p) >= t}| / |good pixels|
 *
 * The curve joins (FPR(t), PRO(t)) over all distinct `t` by straight lines, from (0, 0). Its area up to `fprLimit` is
 * divided by `fprLimit`. Components are joined over 8 neighbors and all weigh the same.
 *
 * The result is exact: no thresholds are sampled, and the segment that crosses the limit is cut at the limit. The area
 * is linear in PRO, so it is summed pixel by pixel: a pixel of component C adds 1 / |C| to the overlap from the
 * false-positive rate at which the threshold reaches it, in a straight line through good pixels of the same value. Each
 * such share lies in [0, 1], hence so does the mean. Memory: one copy of the maps.
 *
 * @returns A value in [0, 1], or NaN when there is no component or no good pixel.
 * @throws DataSetError when maps and masks do not match or a map has a NaN; ConfigurationError for a limit out of range.
 */
export function auPro(
  maps: readonly ScalarMap[],
  masks: readonly Mask[],
  options: AuProOptions = {},
): number {
  return rankedAuPro(rankPixels(maps, masks).good, maps, masks, options).aupro;
}

/** As {@link auPro}, given the good pixels of all maps sorted ascending; also says how many components there are. */
export function rankedAuPro(
  good: Float32Array | Float64Array,
  maps: readonly ScalarMap[],
  masks: readonly Mask[],
  options: AuProOptions = {},
): { aupro: number; components: number } {
  const { fprLimit = 0.3 } = options;
  if (!(fprLimit > 0 && fprLimit <= 1)) {
    throw new ConfigurationError(`expected fprLimit to be above 0 and at most 1, got ${fprLimit}`);
  }
  let sum = 0;
  let components = 0;
  maps.forEach(({ data }, i) => {
    const mask = masks[i]!;
    if (!mask.data.some((value) => value !== 0)) return;
    const { labels, count, areas } = connectedComponents(mask);
    const shares = new Float64Array(count);
    for (let p = 0; p < labels.length; p++) {
      if (labels[p]! > 0) shares[labels[p]! - 1]! += areaShare(good, data[p]!, fprLimit);
    }
    for (let c = 0; c < count; c++) sum += shares[c]! / areas[c]!;
    components += count;
  });
  return { aupro: good.length > 0 ? sum / components : Number.NaN, components };
}

/**
 * Share of the area up to `limit` that a pixel of value `score` covers: the integral over x in [0, limit] of a step
 * that rises from 0 at `from`, the rate of good pixels above it, to 1 at `to`, the rate at or above it, over `limit`.
 */
function areaShare(good: Float32Array | Float64Array, score: number, limit: number): number {
  const atOrBelow = bound(good, score, true);
  const from = (good.length - atOrBelow) / good.length;
  if (from >= limit) return 0;
  const to = (good.length - bound(good, score, false)) / good.length;
  if (to <= limit) return (limit - (from + to) / 2) / limit;
  return ((limit - from) * (limit - from)) / (2 * (to - from)) / limit;
}

/** Number of sorted values below `score`, or at or below it when `inclusive`. */
function bound(sorted: Float32Array | Float64Array, score: number, inclusive: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = sorted[middle]!;
    if (value < score || (inclusive && value === score)) low = middle + 1;
    else high = middle;
  }
  return low;
}
