import { availableMemory } from '@cflow/inference/node';
import { ConfigurationError } from '@cflow/spec';

const MEGABYTE = 1_000_000;
const LEAST = 256 * MEGABYTE;
const MOST = 512 * MEGABYTE;

/**
 * Bytes of bodies that all requests together may hold: what was said, or an eighth of the memory, half of which
 * detectors may take.
 *
 * @param megabytes Undefined: nothing was said
 * @param bodyBytes Of one request at most
 * @throws ConfigurationError when not even one fits
 */
export function bodyMemory(megabytes: number | undefined, bodyBytes: number): number {
  if (megabytes === undefined) return Math.max(LEAST, Math.min(MOST, availableMemory() / 8), bodyBytes);
  if (megabytes * MEGABYTE >= bodyBytes) return megabytes * MEGABYTE;
  throw new ConfigurationError(
    `CFLOW_BODY_MEMORY_MB: expected at least the ${bodyBytes / MEGABYTE} megabytes of one request (CFLOW_MAX_BODY_MB), got ${megabytes}`,
  );
}
