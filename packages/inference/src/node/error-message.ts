import {
  CflowError,
  ConfigurationError,
  type DeviceAttempt,
  DeviceError,
  type ErrorCode,
  ImageError,
} from '@cflow/spec';

/** An error as it crosses threads. */
export interface ErrorMessage {
  message: string;
  code?: ErrorCode;
  retryable?: boolean;
  details?: Readonly<Record<string, unknown>>;
}

export function packError(error: unknown): ErrorMessage {
  if (!CflowError.isInstance(error))
    return { message: error instanceof Error ? error.message : String(error) };
  const { message, code, retryable, details } = error;
  return { message, code, retryable, details };
}

export function unpackError({ message, code, retryable = false, details = {} }: ErrorMessage): Error {
  const options = { retryable, details };
  if (code === undefined) return new Error(message);
  if (code === 'image') return new ImageError(message, options);
  if (code === 'configuration') return new ConfigurationError(message, options);
  if (code === 'device') {
    // The error itself lists the attempts below its first line.
    const [first = ''] = message.split('\n');
    return new DeviceError(first, (details.attempts ?? []) as DeviceAttempt[], options);
  }
  return new CflowError(code, message, options);
}
