/** Codes of every error this project raises on purpose. A program switches on these, never on the message. */
export type ErrorCode =
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
  | 'not-found'
  | 'conflict'
  | 'idempotency-mismatch'
  | 'interrupted'
  | 'queue-full'
  | 'timeout'
  | 'unavailable'
  | 'url-refused';

// A registered symbol, so that `isInstance` also works across two copies of this package.
const marker: unique symbol = Symbol.for('cflow.error') as never;

export interface CflowErrorOptions {
  /** Whether the same call may succeed when made again without changing anything. Default false. */
  retryable?: boolean;
  /** Fields that a program needs: names, paths, expected and found values. Must be JSON. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/**
 * Base of all errors raised on purpose. The message says what was expected, what was found and what to do;
 * `details` holds the same for programs.
 */
export class CflowError extends Error {
  readonly [marker] = true;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: CflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  static isInstance(error: unknown): error is CflowError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[marker] === true;
  }
}

/** An option or a configuration that cannot work. */
export class ConfigurationError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('configuration', message, options);
  }
}

/** A data set that cannot be used: no good images, an unknown layout, a missing mask. */
export class DataSetError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('data-set', message, options);
  }
}

/** One image that cannot be decoded or is not allowed (too many pixels, truncated, not an image). */
export class ImageError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('image', message, options);
  }
}

/** Weights that are missing, damaged, or of another architecture. */
export class WeightsError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('weights', message, options);
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

  constructor(message: string, attempts: readonly DeviceAttempt[], options: CflowErrorOptions = {}) {
    const list = attempts.map(({ device, reason }) => `\n  ${device}: ${reason}`).join('');
    super('device', message + list, { ...options, details: { ...options.details, attempts } });
    this.attempts = attempts;
  }
}

/** A bundle that is damaged, incomplete, or of an unknown format version. */
export class BundleError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('bundle', message, options);
  }
}

/** A training run that cannot start, go on or be resumed. */
export class TrainingError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('training', message, options);
  }
}

/** An earlier run cannot be resumed: its files are missing, damaged, or of another run. A new run can start. */
export class ResumeError extends TrainingError {}

/** A file could not be written or read: the disk is full, or a folder is not permitted. */
export class StorageError extends CflowError {
  constructor(code: 'store' | 'storage-full' | 'permission', message: string, options?: CflowErrorOptions) {
    super(code, message, options);
  }
}
