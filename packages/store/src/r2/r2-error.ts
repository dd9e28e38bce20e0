import { CflowError, StorageError } from '@cflow/spec';

/** https://developers.cloudflare.com/r2/api/error-codes/ */
export const R2_CODE = { invalidRange: 10039 } as const;
const REFUSED: ReadonlySet<number> = new Set([10002, 10003, 10004, 10018]);
/** Wrong in what was asked: it would fail again. */
const LASTING: ReadonlySet<number> = new Set([10005, 10006, 10012, 10020, 10022, 10029, 100100]);

/** The number that the runtime puts behind its messages, as in `get: The requested range is not satisfiable (10039)`. */
export function codeOf(error: unknown): number | undefined {
  const code = /\((\d+)\)\s*$/.exec(error instanceof Error ? error.message : '')?.[1];
  return code === undefined ? undefined : Number(code);
}

/** The StorageError that a failed call amounts to; the caller's own abort, and what is told in our own words, as it is. */
export function r2Error(error: unknown, store: string, key: string, signal?: AbortSignal): unknown {
  if (CflowError.isInstance(error)) return error;
  if (signal?.aborted) return signal.reason;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const details = { store, key, code };
  if (code !== undefined && REFUSED.has(code)) {
    return new StorageError('permission', `${store} may not be used: ${message}; check the binding`, {
      cause: error,
      details,
    });
  }
  const retryable = code === undefined || !LASTING.has(code);
  return new StorageError('store', `${store} failed with "${key}": ${message}`, {
    cause: error,
    retryable,
    details,
  });
}
