import type { RgbaPixels, RgbImage } from './image.js';

/** An encoded file: its bytes, something that holds or yields them, or where the SDK itself fetches them. */
export type EncodedImage =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | URL
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/**
 * A picture that a browser has decoded already: an `ImageBitmap`. Described by its shape, so that these types also
 * compile where there is no DOM.
 */
export interface BitmapImage {
  readonly width: number;
  readonly height: number;
  close(): void;
}

/**
 * An image in any form that a detector takes: an encoded file (PNG, JPEG, and what else the place of computation
 * decodes), a decoded picture (`ImageBitmap`, `ImageData`), or plain RGB pixels.
 */
export type ImageInput = EncodedImage | BitmapImage | RgbaPixels | RgbImage;

/** Where a score is computed. `auto` takes the best that works there. */
export type DeviceName = 'auto' | 'cuda' | 'webgpu' | 'cpu' | 'wasm';

/** Whether something is asked for; `boolean` where the types cannot tell. */
export type Asked = boolean | undefined;

/**
 * What a prediction is asked for. The same for every detector, remote or local. `Map`, `Overlay` and `Regions` are what is
 * said of these options: a prediction that is asked for its map has one, also to the compiler.
 */
export interface PredictOptions<
  Map extends Asked = Asked,
  Overlay extends Asked = Asked,
  Regions extends Asked = Asked,
> {
  /** Score from which an image is bad. Default: the detector's own. Not together with `falseAlarmRate`. */
  threshold?: number | undefined;
  /** Instead of a threshold: the share of good images that may be called bad, in (0, 1). */
  falseAlarmRate?: number | undefined;
  /** Map value from which a pixel belongs to a region. Default: the threshold. */
  pixelThreshold?: number | undefined;
  /** Also the anomaly map, as real values. Default false. */
  map?: Map | undefined;
  /** Also a PNG of the image with map and regions drawn in. Default false. */
  overlay?: Overlay | undefined;
  /** Also the regions above the pixel threshold. Default true. */
  regions?: Regions | undefined;
  /** Smallest region, in pixels of the image. Default 1. */
  minArea?: number | undefined;
  /**
   * Regions smaller than this share of the largest are left out, unless they are higher than it. In [0, 1]; 0 keeps all.
   * Default 0.05.
   */
  minShare?: number | undefined;
  /** Regions at most, 0 to 1000. Default 100. */
  maxRegions?: number | undefined;
  /** A mask: pixels that are not black are left out of score and regions. */
  ignore?: ImageInput | undefined;
  /** Device that must answer; one that is not there is refused with the reason. Default `auto`. */
  device?: DeviceName | undefined;
  /** Ends the call early: it rejects with an `AbortedError`. */
  signal?: AbortSignal | undefined;
}

/** A width and a height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** What stands out of an image in one place. Everything in pixels of the image as it was given, upright: of `original`. */
export interface Region {
  /** The smallest box of whole pixels around it. */
  box: { x: number; y: number; width: number; height: number };
  /** Pixels that it covers. */
  area: number;
  /** Its outline: 3 to 64 corners, the last joined to the first. Holes are not told. */
  polygon: [x: number, y: number][];
  /** The pixel where the map is highest in it, and the value of the map there. */
  peak: { x: number; y: number; value: number };
  /** The score that an image would have in which nothing else stood out: to be compared with the threshold. */
  score: number;
}

/** One anomaly value per pixel, row-major: `height * width` values. */
export interface AnomalyMap {
  width: number;
  height: number;
  data: Float32Array;
}

/** Which detector answered. */
export interface DetectorIdentity {
  name: string;
  /** SHA-256 of the bundle's manifest: the version that computed this. */
  version: string;
  /** The device that computed this. */
  device: string;
}

/** What a prediction has when it is asked for it, and what it may have otherwise. */
type If<Wanted extends Asked, Fields> = [Wanted] extends [true] ? Fields : Partial<Fields>;

/**
 * What a detector says of one image. What was asked for is there: `map: true` gives a prediction whose `map` is not
 * undefined, and regions are there unless `regions: false`.
 */
export type Prediction<
  Map extends Asked = Asked,
  Overlay extends Asked = Asked,
  Regions extends Asked = Asked,
> = PlainPrediction &
  /** The anomaly map as real values. */
  If<Map, { map: AnomalyMap }> &
  /** The image with map and regions drawn in: `image/png`. */
  If<Overlay, { overlay: Blob }> &
  /** What stands out above the pixel threshold, the highest peak first. */
  If<Regions, { regions: Region[] }>;

/** What every prediction has. */
export interface PlainPrediction {
  /** Anomaly score: the maximum of the anomaly map over the pixels that are not ignored. Higher is worse. */
  score: number;
  /** Probability that a good image scores at least this high, in (0, 1]. */
  falseAlarmProbability: number;
  /** `bad` when `score >= threshold`. */
  label: 'good' | 'bad';
  /** The score threshold that gave the label. */
  threshold: number;
  /** The map threshold that gave the regions. */
  pixelThreshold: number;
  /** Size of the image, upright: what regions are counted in. */
  original: Size;
  /** Size of the map, which lies over the whole image. */
  mapSize: Size;
  /** Present where the service lets a card round products to TF32; absent, they are exact. */
  precisionMode?: 'throughput';
  /** What was odd about the image, where anything was: samples that do not fit the detector's range, or far fewer pixels than it looks at. */
  warnings?: string[];
  detector: DetectorIdentity;
  /** Over HTTP, or in this process. */
  where: 'remote' | 'local';
  /** For feedback on this prediction; only of a service. */
  id?: string;
  /** Time from the call to its answer, in milliseconds. */
  milliseconds: number;
}

/** One detector, wherever it computes. */
export interface Detector {
  readonly name: string;
  /**
   * SHA-256 of the bundle's manifest. Of a remote detector: the version or alias that was asked for, since an alias may
   * move between two calls; each prediction names the version that computed it.
   */
  readonly version: string;
  predict<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    image: ImageInput,
    options?: PredictOptions<M, O, R>,
  ): Promise<Prediction<M, O, R>>;
  /** As `predict`, for several images: one prediction each, in their order. Rejects with the first error. */
  predictBatch<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    images: readonly ImageInput[],
    options?: PredictOptions<M, O, R>,
  ): Promise<Prediction<M, O, R>[]>;
  /** Lets go of what the detector holds. A call after it is refused. Calling it again does nothing. */
  dispose(): Promise<void>;
}
