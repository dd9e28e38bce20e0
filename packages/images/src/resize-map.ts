import type { ScalarMap } from '@cflow/spec';
import { checkPixels, checkSize } from './check-image.js';
import { triangleFilter } from './triangle-filter.js';

/**
 * Bilinear resampling of a map with half-pixel centers, to put an anomaly map back to the size of its image.
 * Enlarging, it is `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`; where the map
 * shrinks it is antialiased like `resizeBilinear`. Sums are in double precision, results in single.
 *
 * @throws ImageError when a size is not a positive whole number or the values do not fill the map.
 */
export function resizeMap(map: ScalarMap, width: number, height: number): ScalarMap {
  checkPixels(map, 1);
  checkSize(width, height, 'the size to resample to');
  if (map.width === width && map.height === height) return { width, height, data: map.data.slice() };
  checkSize(width, map.height, 'the size between the two passes of resampling');

  const columns = triangleFilter(map.width, width);
  const wide = new Float64Array(width * map.height);
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * map.width + columns.starts[x]!;
      let sum = 0;
      for (let t = 0; t < columns.counts[x]!; t++) {
        sum += map.data[from + t]! * columns.weights[x * columns.stride + t]!;
      }
      wide[y * width + x] = sum;
    }
  }

  const rows = triangleFilter(map.height, height);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = rows.starts[y]! * width + x;
      let sum = 0;
      for (let t = 0; t < rows.counts[y]!; t++) {
        sum += wide[from + t * width]! * rows.weights[y * rows.stride + t]!;
      }
      data[y * width + x] = sum;
    }
  }
  return { width, height, data };
}
