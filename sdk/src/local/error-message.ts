// Errors lose their class on the way between threads; here they take what a class is made of along.
import { AbortedError, ArgumentError, CflowError } from '../errors.js';
import {
  BundleError,
  type DeviceAttempt,
  DeviceError,
  DownloadError,
  type DownloadFailure,
  ImageError,
  TrainingError,
} from './errors.js';

/** An error as it crosses threads. */
export interface ErrorMessage {
  name: string;
  message: string;
  /** Absent for errors that nobody raised on purpose. */
  code?: string;
  retryable?: boolean;
  /** JSON. */
  details?: Readonly<Record<string, unknown>>;
}

export function errorMessage(error: unknown): ErrorMessage {
  if (!CflowError.isInstance(error)) {
    return error instanceof Error || error instanceof DOMException
      ? { name: error.name, message: error.message }
      : { name: 'Error', message: String(error) };
  }
  const { name, message, code, retryable, details } = error;
  return { name, message, code, retryable, details: JSON.parse(JSON.stringify(details)) };
}

/** The error again, of the class that its code names. */
export function errorOf({ name, message, code, retryable = false, details = {} }: ErrorMessage): Error {
  const options = { retryable, details };
  switch (code) {
    case 'bundle':
    case 'weights':
      return new BundleError(message, options);
    case 'image':
      return new ImageError(message, options);
    case 'training':
    case 'data-set':
      return new TrainingError(message, options);
    case 'device':
      return new DeviceError(message, (details.attempts ?? []) as DeviceAttempt[], options);
    case 'configuration':
      return new ArgumentError(message, options);
    case 'aborted':
      return new AbortedError(message, options);
    case 'unavailable':
      if ('url' in details) {
        return new DownloadError(message, details as { url: string; reason: DownloadFailure }, { retryable });
      }
      return new CflowError(code, message, options);
    case undefined: {
      const error = new Error(message);
      error.name = name;
      return error;
    }
    default:
      return new CflowError(code, message, options);
  }
}
