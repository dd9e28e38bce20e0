import { type FeatureLayer, standardTensorName } from '@cflow/model';
import { float32, type Tensor } from '@cflow/onnx';
import type { LayerLogLikelihood } from '@cflow/spec';

/**
 * What is usual at each position of one layer, from the log-likelihoods of good images, and how far single images stray
 * from it.
 *
 * A mean over few images is uncertain: it is drawn towards the mean of the layer by the share of its variance that is
 * noise (the estimator of James and Stein in its empirical Bayes form). With hundreds of images hardly anything is
 * drawn, with a handful nearly all.
 *
 * The images should be those trained on. Their likelihoods are somewhat too high, alike for all images to come; but
 * held-out images, measured by a standard that they took part in, would look more usual than images to come, and their
 * scores would promise fewer false alarms than there will be.
 */
export class LayerStandardEstimate {
  readonly #layer: FeatureLayer;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #images = 0;

  constructor(layer: FeatureLayer) {
    this.#layer = layer;
    this.#sums = new Float64Array(layer.height * layer.width);
    this.#squares = new Float64Array(layer.height * layer.width);
  }

  /** Takes in one image. */
  add({ data }: Pick<LayerLogLikelihood, 'data'>): void {
    this.#images += 1;
    for (let p = 0; p < data.length; p++) {
      // A likelihood that underflows to nothing has no finite logarithm.
      const value = Math.max(data[p]!, LEAST_LOG_LIKELIHOOD);
      this.#sums[p] = this.#sums[p]! + value;
      this.#squares[p] = this.#squares[p]! + value * value;
    }
  }

  /** By the names that the head takes them by. Needs at least one image. */
  tensors(): [name: string, tensor: Tensor][] {
    const { name, height, width } = this.#layer;
    const n = this.#images;
    const positions = height * width;
    const means = this.#sums.map((sum) => sum / n);
    const mean = means.reduce((sum, each) => sum + each, 0) / positions;
    let within = 0;
    let between = 0;
    for (let p = 0; p < positions; p++) {
      const own = means[p]!;
      within += Math.max(0, this.#squares[p]! - n * own * own);
      between += (own - mean) ** 2;
    }
    within /= Math.max(1, n - 1) * positions;
    between /= Math.max(1, positions - 1);
    // Of the variance between positions, within / n is what so few images differ by anyway.
    const kept = between > 0 ? Math.max(0, 1 - within / n / between) : 0;
    const shrunk = Float32Array.from(means, (own) => mean + kept * (own - mean));
    // One image, or images that are all the same, do not stray; what float32 can tell is then all there is.
    const deviation = Math.max(Math.sqrt(within), 1e-5 * Math.abs(mean), 1e-6);
    return [
      [standardTensorName(name, 'mean'), float32([1, 1, height, width], shrunk)],
      [standardTensorName(name, 'deviation'), float32([1], Float32Array.of(deviation))],
    ];
  }
}

const LEAST_LOG_LIKELIHOOD = -1e6;
