// The same registered symbol as in every part of the project: `isInstance` also works across two copies of a package.
const marker: symbol = Symbol.for('cflow.error');

export interface CflowErrorOptions {
  /** Whether the same call may succeed when made again without changing anything. Default false. */
  retryable?: boolean;
  /** Fields that a program needs. Must be JSON. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/**
 * Base of all errors that the SDK raises on purpose. The message says what was expected, what was found and what to do;
 * programs switch on `code` (or on the class), never on the message.
 */
export class CflowError extends Error {
  declare readonly code: string;
  declare readonly retryable: boolean;
  declare readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: CflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CflowError';
    Object.defineProperty(this, marker, { value: true });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  static isInstance(error: unknown): error is CflowError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[marker] === true;
  }
}

/** The caller's own `signal` ended the call. `cause` is the signal's reason. */
export class AbortedError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('aborted', message, options);
    this.name = 'AbortedError';
  }
}

/** An argument that cannot work: nothing was sent and nothing computed. */
export class ArgumentError extends CflowError {
  constructor(message: string, options?: CflowErrorOptions) {
    super('configuration', message, options);
    this.name = 'ArgumentError';
  }
}
