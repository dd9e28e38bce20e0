import type { Runtime } from '@cflow/runtime';
import type {
  BundleManifest,
  Device,
  DeviceAttempt,
  LayerLogLikelihood,
  Prediction,
  RgbImage,
  ScalarMap,
  Span,
} from '@cflow/spec';
import { type PictureSize, type PredictOptions, predictionOf } from './predict.js';
import { type RawScore, Scorer, type ScorerOptions } from './scorer.js';
import { warningsOf } from './warnings-of.js';

export interface DetectOptions extends PredictOptions {
  /** Also return each layer's log-likelihoods. */
  layers?: boolean | undefined;
  /**
   * For each image the size of the picture that it was drawn from, where it is on the detector's canvas already: what regions are
   * counted in. Default: the image's.
   */
  pictures?: readonly PictureSize[] | undefined;
  signal?: AbortSignal | undefined;
  /** For each image what it is a part of, where somebody records that: backbone and head become parts of it. */
  spans?: readonly (Span | undefined)[] | undefined;
}

export interface DetectorParts extends Omit<ScorerOptions, 'inputSize' | 'geometry' | 'region'> {
  manifest: BundleManifest;
  /** Where backbone and head live. */
  runtime: Runtime;
  /** Devices that were tried before the one in use, and why each was refused. */
  refused?: readonly DeviceAttempt[];
  dispose(): Promise<void>;
}

/** A trained detector on a device. */
export class Detector {
  readonly manifest: BundleManifest;
  /** Where it runs. */
  readonly device: Device;
  /** Devices that `auto` tried before and why each was refused: nothing falls back in silence. */
  readonly refused: readonly DeviceAttempt[];
  /** The place on the device, for graphs that go with the detector's. */
  readonly runtime: Runtime;
  readonly #scorer: Scorer;
  readonly #dispose: () => Promise<void>;

  constructor(parts: DetectorParts) {
    this.manifest = parts.manifest;
    this.device = parts.head.device;
    this.refused = parts.refused ?? [];
    this.runtime = parts.runtime;
    const { configuration, region } = parts.manifest;
    this.#scorer = new Scorer({
      ...parts,
      inputSize: configuration.inputSize,
      geometry: configuration.geometry,
      region,
    });
    this.#dispose = parts.dispose;
  }

  /** What the detector says of one image, of any size. */
  async predict(image: RgbImage, options: DetectOptions = {}): Promise<Prediction> {
    const [prediction] = await this.predictBatch([image], options);
    return prediction as Prediction;
  }

  /** As `predict` for many images, with the same numbers for each as alone. */
  async predictBatch(images: readonly RgbImage[], options: DetectOptions = {}): Promise<Prediction[]> {
    const { signal, layers, spans } = options;
    const raw = await this.#scorer.score(images, { map: true, layers, signal, spans });
    return raw.map((each, i) => {
      const image = images[i] as RgbImage;
      const warnings = warningsOf(image, this.manifest);
      return {
        ...predictionOf(each as RawScore & { map: ScalarMap }, this.manifest, {
          ...options,
          picture: options.pictures?.[i] ?? image,
        }),
        ...(this.manifest.precisionMode && { precisionMode: this.manifest.precisionMode }),
        ...(warnings && { warnings }),
      };
    });
  }

  /** The log-likelihoods of each image's layers alone, shallow to deep. */
  async logLikelihoods(
    images: readonly RgbImage[],
    options: Pick<DetectOptions, 'signal'> = {},
  ): Promise<LayerLogLikelihood[][]> {
    const raw = await this.#scorer.score(images, { layers: true, signal: options.signal });
    return raw.map(({ layers }) => layers as LayerLogLikelihood[]);
  }

  /** Frees the device. */
  async dispose(): Promise<void> {
    await this.#dispose();
  }
}
