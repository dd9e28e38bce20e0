import { ConfigurationError } from '@cflow/spec';

/**
 * The condition: a 2-D sinusoidal encoding of a position, as rows.
 *
 * With d = dimensions / 2 and f_k = exp(-2k · ln(10⁴) / d), row y·width + x holds
 * sin(x f_k), cos(x f_k) for k = 0 … d/2 - 1, then sin(y f_k), cos(y f_k): the column first, then the row
 * (`positionalencoding2d` of the CFLOW-AD code).
 *
 * @param dimensions length of each row, a multiple of 4
 * @returns `height * width * dimensions` values, row-major `[height * width, dimensions]`
 * @throws ConfigurationError when `dimensions` is not a positive multiple of 4
 */
export function positionalEncoding(dimensions: number, height: number, width: number): Float32Array {
  const half = dimensions / 2;
  const columns = axisEncoding(dimensions, width);
  const rows = axisEncoding(dimensions, height);
  const encoding = new Float32Array(height * width * dimensions);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const start = (y * width + x) * dimensions;
      encoding.set(columns.subarray(x * half, (x + 1) * half), start);
      encoding.set(rows.subarray(y * half, (y + 1) * half), start + half);
    }
  }
  return encoding;
}

/**
 * One axis of the positional encoding: `[length, dimensions / 2]`, row-major. The encoding of a position is the one
 * of its column followed by the one of its row, so whatever is linear in it is a column term plus a row term.
 */
export function axisEncoding(dimensions: number, length: number): Float32Array {
  if (!Number.isInteger(dimensions) || dimensions <= 0 || dimensions % 4 !== 0) {
    throw new ConfigurationError(
      `the condition vector needs a positive multiple of 4 (sine and cosine for each of two axes), got ${dimensions}; ` +
        `the nearest are ${Math.max(4, Math.floor(dimensions / 4) * 4)} and ${Math.max(4, Math.ceil(dimensions / 4) * 4)}`,
      { details: { conditionVector: dimensions } },
    );
  }
  const half = dimensions / 2;
  const encoding = new Float32Array(length * half);
  for (let position = 0; position < length; position++) {
    for (let k = 0; k < half / 2; k++) {
      // The reference computes in float32: the frequency is rounded, then the product, then the sine.
      const frequency = Math.fround(Math.exp((-2 * k * Math.log(1e4)) / half));
      const angle = Math.fround(position * frequency);
      encoding[position * half + 2 * k] = Math.sin(angle);
      encoding[position * half + 2 * k + 1] = Math.cos(angle);
    }
  }
  return encoding;
}
