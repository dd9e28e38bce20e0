import type { MemoryBank } from '@cflow/model';

/** What is usual at each place: distance of good images, its mean and deviation. */
export interface PlaceStandard {
  /** [positions] */
  usual: Float32Array;
  /** [positions], above 0 */
  spread: Float32Array;
}

/** Images that the deviation of all places together counts as, beside those there are: with few images places are hardly told apart. */
const PRIOR_IMAGES = 4;

/**
 * Means and deviations of distances at each place, over images. Neighbors count as well, 3 x 3 places, since a part never
 * lies exactly where the last one lay.
 */
export class PlaceStandards {
  readonly #height: number;
  readonly #width: number;
  readonly #distances: Float32Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;

  /** @param distances [images, positions] */
  constructor({ height, width }: Pick<MemoryBank, 'height' | 'width'>, distances: Float32Array) {
    this.#height = height;
    this.#width = width;
    this.#distances = distances;
    const positions = height * width;
    this.#sums = new Float64Array(positions);
    this.#squares = new Float64Array(positions);
    distances.forEach((value, i) => {
      const p = i % positions;
      this.#sums[p] = this.#sums[p]! + value;
      this.#squares[p] = this.#squares[p]! + value * value;
    });
  }

  get images(): number {
    return this.#distances.length / this.#sums.length;
  }

  /** Of all images. */
  all(): PlaceStandard {
    return this.#standard(this.#sums, this.#squares, this.images);
  }

  /** An image's distances in deviations of what is usual with the other images, [positions]. */
  leftOut(image: number): Float32Array {
    const positions = this.#sums.length;
    const own = this.#distances.subarray(image * positions, (image + 1) * positions);
    const { usual, spread } = this.#standard(
      this.#sums.map((sum, p) => sum - own[p]!),
      this.#squares.map((sum, p) => sum - own[p]! ** 2),
      this.images - 1,
    );
    return own.map((value, p) => (value - usual[p]!) / spread[p]!);
  }

  #standard(sums: Float64Array, squares: Float64Array, images: number): PlaceStandard {
    const means = this.#blurred(sums.map((sum) => sum / images));
    const seconds = this.#blurred(squares.map((sum) => sum / images));
    const variances = seconds.map((second, p) => Math.max(0, second - means[p]! ** 2));
    const positions = sums.length;
    const mean = means.reduce((sum, each) => sum + each, 0) / positions;
    const second = seconds.reduce((sum, each) => sum + each, 0) / positions;
    const overall = Math.max(second - mean * mean, (1e-4 * mean) ** 2, 1e-12);
    const weight = images / (images + PRIOR_IMAGES);
    return {
      usual: Float32Array.from(means, (own) => mean + weight * (own - mean)),
      spread: Float32Array.from(variances, (own) => Math.sqrt(weight * own + (1 - weight) * overall)),
    };
  }

  /** Mean over 3 x 3 places, of those that there are. */
  #blurred(values: Float64Array): Float64Array {
    const [height, width] = [this.#height, this.#width];
    const result = new Float64Array(values.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let [sum, count] = [0, 0];
        for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
          for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
            sum += values[v * width + u]!;
            count++;
          }
        }
        result[y * width + x] = sum / count;
      }
    }
    return result;
  }
}
