import { DataSetError, type Mask, type ScalarMap } from '@cflow/spec';
import { requireSize } from './connected-components.js';
import { type RankedScores, rankParts } from './ranked-scores.js';

/**
 * The pixels of all maps, ranked: bad where the mask is not 0. Memory: one copy of the maps.
 *
 * @param regions for each map which pixels count, not 0; default all
 * @throws DataSetError when there is not one mask per map, their sizes differ, or a pixel is NaN.
 */
export function rankPixels(
  maps: readonly ScalarMap[],
  masks: readonly Mask[],
  regions?: readonly (Uint8Array | undefined)[],
): RankedScores {
  if (maps.length !== masks.length) {
    throw new DataSetError(`expected one mask per map, got ${maps.length} maps and ${masks.length} masks`, {
      details: { maps: maps.length, masks: masks.length },
    });
  }
  let total = 0;
  let badCount = 0;
  maps.forEach((map, i) => {
    const mask = masks[i]!;
    requireSize('map', map);
    requireSize('mask', mask);
    if (mask.width !== map.width || mask.height !== map.height) {
      throw new DataSetError(
        `expected a mask of the map's size ${map.width}x${map.height} for image ${i}, got ${mask.width}x${mask.height}; ` +
          'resize the mask with nearest neighbor first',
        { details: { index: i, map: [map.width, map.height], mask: [mask.width, mask.height] } },
      );
    }
    const region = regions?.[i];
    for (let p = 0; p < mask.data.length; p++) {
      if (region?.[p] === 0) continue;
      total++;
      if (mask.data[p] !== 0) badCount++;
    }
  });
  const good = new Float32Array(total - badCount);
  const bad = new Float32Array(badCount);
  let g = 0;
  let b = 0;
  maps.forEach(({ data }, i) => {
    const mask = masks[i]!.data;
    const region = regions?.[i];
    for (let p = 0; p < data.length; p++) {
      if (region?.[p] === 0) continue;
      if (mask[p] === 0) good[g++] = data[p]!;
      else bad[b++] = data[p]!;
    }
  });
  return rankParts(good, bad);
}
