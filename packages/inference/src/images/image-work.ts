import type { ImageInput } from '@cflow/detector';
import type { Canvas, RangeOptions } from '@cflow/images';
import type {
  BundleManifest,
  Device,
  MapFormat,
  MapPayload,
  Mask,
  Method,
  Region,
  RgbImage,
  ScalarMap,
} from '@cflow/spec';
import type { InputImage } from '../inference.js';

/** What to make of an image before it is scored. */
export interface PrepareTask {
  image: InputImage;
  /** The file of a mask. */
  ignore?: Uint8Array | undefined;
  /** What each row of the batch takes. */
  inputs: readonly ImageInput[];
  /** Also the image itself, with at most this many pixels along its longest side. */
  pictureSide?: number | undefined;
}

export interface PreparedImage {
  width: number;
  height: number;
  /** For each input, uint8 [3, height, width]. */
  planes: Uint8Array[];
  /** For each input, what was odd about the image, if anything. */
  warnings: (readonly string[] | undefined)[];
  /** For each input, when there is a mask, of the size of the picture's map: 0 counts, the others are left out. */
  ignore?: Mask[];
  picture?: RgbImage;
}

/** What to make of a map after it was scored. */
export interface FinishTask {
  /** Where the map comes from, for messages. */
  device: Device;
  score: number;
  /** Of the whole canvas. */
  map: ScalarMap;
  original: { width: number; height: number };
  canvas: Canvas;
  method: Method;
  /** The detector's: what a score is without the part that is ignored. */
  calibration: BundleManifest['calibration'];
  pixelThreshold: number;
  /** The detector's threshold, which colors are relative to: they mean the same whatever the request asks for. */
  ownPixelThreshold: number;
  regions: boolean;
  minArea: number;
  minShare: number | undefined;
  maxRegions: number;
  format: MapFormat;
  ignore?: Mask | undefined;
  /** The picture to draw on; no overlay when left out. */
  picture?: RgbImage | undefined;
}

export interface FinishedImage {
  /** Without what the mask leaves out. */
  score: number;
  regions?: Region[];
  map?: MapPayload;
  /** PNG in base64. */
  overlay?: string;
}

/**
 * Work on pixels, where it does not hold up anything else: threads on Node, the only thread elsewhere. May take
 * the memory of a FinishTask's map along, which must not be used afterwards.
 *
 * Rejects with ImageError for an image that cannot be used, with InferenceError `unavailable` when a thread was lost,
 * and with the signal's reason.
 */
export interface ImageWork {
  /** Gets ready before the first task, if that takes time. */
  warm(): void;
  prepare(task: PrepareTask, signal: AbortSignal): Promise<PreparedImage>;
  finish(task: FinishTask, signal: AbortSignal): Promise<FinishedImage>;
  close(): Promise<void>;
}

/** What pixels need of the host. */
export interface ImageCodecs {
  decodeImage(bytes: Uint8Array, range?: RangeOptions): Promise<RgbImage>;
  decodeMask(bytes: Uint8Array): Promise<Mask>;
  encodePng(image: RgbImage): Promise<Uint8Array>;
  encodeMapPng8(map: ScalarMap): Promise<{ png: Uint8Array; offset: number; scale: number }>;
  encodeMapPng16(map: ScalarMap): Promise<{ png: Uint8Array; offset: number; scale: number }>;
  base64(bytes: Uint8Array): string;
}
