import type {
  BundleManifest,
  DeviceAttempt,
  PredictionResult,
  PredictRequestOptions,
  RgbImage,
  ShadowComparison,
  Span,
} from '@cflow/spec';
import type { ScoringHealth } from './scoring-health.js';

/** An image as it came: the bytes of a file, or pixels already, RGB together or one plane after the other. */
export type InputImage = { encoded: Uint8Array } | { pixels: RgbImage } | { planes: PlanarImage };

/** uint8 [3, height, width]. */
export interface PlanarImage {
  width: number;
  height: number;
  data: Uint8Array;
}

export interface InferenceRequest {
  images: readonly { image: InputImage; ignore?: Uint8Array | undefined }[];
  /** Detectors that each image goes through. */
  detectors: readonly { name: string; reference: string }[];
  options: PredictRequestOptions;
  /** When it aborts, what has not started is not done, and its place in the queue is free. */
  signal: AbortSignal;
  /** What the prediction is a part of, where somebody records it. */
  span?: Span | undefined;
}

/** As in the response, less what only the service knows. */
export type InferenceResult = Omit<PredictionResult, 'id'>;

/** One detector in memory. */
export interface LoadedDetector {
  name: string;
  version: string;
  device: string;
  /** Devices that were tried first, and why each was refused. */
  refused: readonly DeviceAttempt[];
  manifest: BundleManifest;
  /** Estimated bytes that it takes, its backbone included, which it may share. */
  bytes: number;
}

export interface InferenceStatus {
  /** Images waiting and being scored, and how many may be. */
  queue: {
    length: number;
    capacity: number;
    /** Whole seconds, from 1, until a place may be free, when the queue is full. */
    retryAfterSeconds?: number | undefined;
  };
  detectors: readonly LoadedDetector[];
  device: string | undefined;
  health: ScoringHealth;
}

/**
 * Scores images with detectors of a registry. Rejects with the libraries' errors (ImageError, ConfigurationError, …)
 * and with InferenceError `queue-full`, `timeout`, `unavailable`.
 */
export interface Inference {
  /** One result for each image and detector: image 0 with all detectors in their order, image 1, … */
  predict(request: InferenceRequest): Promise<InferenceResult[]>;
  /**
   * Loads a detector unless it is loaded, and warms it up, so that the first prediction is no slower than later ones. With
   * `pin`, the default, what the reference points to stays loaded, even when an alias moves.
   */
  load(name: string, reference: string, options?: { pin?: boolean | undefined }): Promise<LoadedDetector>;
  status(): InferenceStatus;
  /** What shadows of a detector said beside its answers. Missing where nothing can be scored after an answer. */
  readonly shadowed?: ((name: string) => ShadowComparison[]) | undefined;
  /** Refuses new requests, finishes those accepted, frees the device. */
  close(): Promise<void>;
}

/** An inference that can keep working after an answer. */
export type ShadowedInference = Inference & { shadowed(name: string): ShadowComparison[] };
