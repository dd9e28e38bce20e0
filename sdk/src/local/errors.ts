import { CflowError, type CflowErrorOptions } from '../errors.js';

/** A bundle that is damaged, incomplete, or of a format version that this SDK does not read. */
export class BundleError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('bundle', message, options);
    this.name = 'BundleError';
  }
}

/** An image that cannot be decoded or is not allowed: truncated, too many pixels, not an image. */
export class ImageError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('image', message, options);
    this.name = 'ImageError';
  }
}

/** A training run that cannot start or go on: too few images, numbers that left the range. */
export class TrainingError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('training', message, options);
    this.name = 'TrainingError';
  }
}

/** Why a download failed: no way there, another origin's refusal, a status, or nothing came for too long. */
export type DownloadFailure = 'network' | 'cors' | 'http' | 'timeout';

/** A file of a bundle that could not be fetched. `details` has `url`, `reason`, and `status` where there was one. */
export class DownloadError extends CflowError {
  readonly reason: DownloadFailure;
  /** HTTP status; undefined when none came. */
  readonly status: number | undefined;

  constructor(
    message: string,
    details: { url: string; reason: DownloadFailure; status?: number | undefined },
    options: Omit<CflowErrorOptions, 'details'> = {},
  ) {
    super('unavailable', message, { ...options, details });
    this.name = 'DownloadError';
    this.reason = details.reason;
    this.status = details.status;
  }
}

/** One device that was tried, and why it was refused. */
export interface DeviceAttempt {
  device: string;
  reason: string;
}

/** No device could do what was asked. Lists every device tried and the reason each was refused. */
export class DeviceError extends CflowError {
  readonly attempts: readonly DeviceAttempt[];

  /** @param message Whole: the attempts are in it already. */
  constructor(message: string, attempts: readonly DeviceAttempt[], options: CflowErrorOptions = {}) {
    super('device', message, { ...options, details: { ...options.details, attempts } });
    this.name = 'DeviceError';
    this.attempts = attempts;
  }
}
