import { CflowError, StorageError } from '@cflow/spec';

/** The parts of the SDK's errors that say what happened. */
interface S3Failure {
  name?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
  $response?: { headers?: Record<string, string> };
}

export function statusOf(error: unknown): number | undefined {
  return (error as S3Failure | undefined)?.$metadata?.httpStatusCode;
}

export function attemptsOf(error: unknown): number {
  return (error as S3Failure | undefined)?.$metadata?.attempts ?? 1;
}

/** Milliseconds that clocks may differ, with some minutes to spare: servers allow a quarter of an hour. */
const MOST_SKEW_MS = 600_000;

/** Whether a request was refused because the clock here is another than the server's: nothing of it was done. */
export function isSkewed(error: unknown): boolean {
  const { name = '', $response } = (error ?? {}) as S3Failure;
  if (/^(?:RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/.test(name)) return true;
  // An answer to HEAD has no words.
  const date = Date.parse($response?.headers?.date ?? '');
  return statusOf(error) === 403 && Math.abs(Date.now() - date) > MOST_SKEW_MS;
}

/** As `isSkewed`; also an answer without words that could be one, since by now the clock may have been set right. */
export function mayBeSkewed(error: unknown): boolean {
  const { name = '' } = (error ?? {}) as S3Failure;
  return (
    isSkewed(error) || (statusOf(error) === 403 && /^(?:403|Forbidden|Unknown|UnknownError|)$/.test(name))
  );
}

/** The StorageError that a failed request amounts to; the caller's own abort as it is. */
export function s3Error(error: unknown, store: string, key: string, signal?: AbortSignal): unknown {
  if (CflowError.isInstance(error)) return error;
  if (signal?.aborted) return signal.reason;
  const { name = '', code = '', message = '' } = (error ?? {}) as S3Failure;
  const status = statusOf(error);
  const details = { store, key, status, reason: name };
  if (status === 507 || /QuotaExceeded|StorageFull|InsufficientStorage/.test(name)) {
    return new StorageError(
      'storage-full',
      `the storage at ${store} is full; free some space and try again`,
      {
        cause: error,
        retryable: true,
        details,
      },
    );
  }
  if (isSkewed(error)) {
    return new StorageError(
      'store',
      `the clocks of ${store} and of this machine differ by more than it allows; set the clock, and try again`,
      { cause: error, retryable: true, details },
    );
  }
  if (status === 401 || status === 403 || /Credential|TokenProvider/.test(name)) {
    const why =
      status === undefined ? `no credentials were found: ${message}` : `it answered ${name || status}`;
    return new StorageError('permission', `${store} may not be used: ${why}; check the credentials`, {
      cause: error,
      details,
    });
  }
  if (name === 'NoSuchBucket') {
    return new StorageError('store', `there is no bucket at ${store}; create it or correct its name`, {
      cause: error,
      details,
    });
  }
  if (status !== undefined && status < 300) {
    return new StorageError('store', `${store} gave an answer that cannot be understood; try again`, {
      cause: error,
      retryable: true,
      details,
    });
  }
  const answered = status !== undefined && status < 500 && status !== 408 && status !== 429;
  const what = answered
    ? `${store} refused a request for "${key}": ${name} ${message}`
    : `${store} cannot be reached or does not answer: ${name} ${code || message}; try again`;
  return new StorageError('store', what, { cause: error, retryable: !answered, details });
}
