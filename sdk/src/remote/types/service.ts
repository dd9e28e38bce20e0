/** How a service is. */
export interface Health {
  status: 'alive' | 'ready';
  /** Of the service's program. */
  version: string;
}

/** Kinds of what can go wrong, as the service names them. More may come. */
export type ProblemCode =
  | 'invalid-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'precondition-failed'
  | 'payload-too-large'
  | 'unsupported-media-type'
  | 'range-not-satisfiable'
  | 'url-refused'
  | 'idempotency-mismatch'
  | 'rate-limited'
  | 'queue-full'
  | 'timeout'
  | 'not-ready'
  | 'unavailable'
  | 'internal'
  | 'configuration'
  | 'data-set'
  | 'image'
  | 'weights'
  | 'device'
  | 'bundle'
  | 'training'
  | 'store'
  | 'storage-full'
  | 'permission'
  | 'interrupted';

/** An error as the service answers it: RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  requestId: string;
  /** Each thing that is wrong with the request, when several can be. */
  errors?: { path: string; message: string }[] | undefined;
  /** Devices that were tried and why each was refused. */
  attempts?: { device: string; reason: string }[] | undefined;
}

/** What a part really was; `unsure`: somebody else is to look at it. */
export type FeedbackLabel = 'good' | 'bad' | 'unsure';

/** What a person drew on a picture of `width` by `height` pixels, as it was sent and upright. */
export interface DrawnRegions {
  width: number;
  height: number;
  /** Corners [x, y] of each region: 16 regions of 3 to 64 corners at most. The last is joined to the first. */
  outlines: [x: number, y: number][][];
}

/** What people said of predictions. */
export interface Feedback {
  prediction: string;
  name: string;
  version: string;
  score: number;
  label: FeedbackLabel;
  note?: string | undefined;
  /** Where it is bad. */
  regions?: DrawnRegions | undefined;
  /** Name of the key that it was said with. */
  by?: string | undefined;
  predictedAt: string;
  createdAt: string;
  /** The image, where it is kept. */
  image?: { bytes: number; keptAt: string } | undefined;
}

/** Whether recent scores still look like those of the good images that the detector was calibrated on. */
export interface Drift {
  name: string;
  version: string;
  method: 'kolmogorov-smirnov';
  /** Recent scores that were compared. */
  samples: number;
  /** Good images of the calibration. */
  calibrationSamples: number;
  /** Largest distance between the two distribution functions; null without samples. */
  statistic: number | null;
  /** Probability of a distance this large when nothing has changed. */
  pValue: number | null;
  /** When the oldest of the samples was scored. */
  since: string | null;
}
