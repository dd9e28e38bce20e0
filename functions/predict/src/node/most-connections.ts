import { readFileSync } from 'node:fs';
import { ConfigurationError } from '@cflow/spec';

/** Of systems that do not say: the usual limit. */
const USUAL_DESCRIPTORS = 1024;
/** For files, databases, other hosts, and connections that are accepted before others are closed. */
const RESERVED = 512;
const MOST = 8192;

/**
 * Connections that a service may have: what was said, or what its file descriptors leave.
 *
 * @throws ConfigurationError for more than the process may have descriptors
 */
export function mostConnections(wanted: number | undefined, descriptors: number = maxDescriptors()): number {
  const possible = descriptors - Math.min(RESERVED, Math.floor(descriptors / 2));
  if (wanted === undefined) return Math.min(MOST, possible);
  if (wanted <= possible) return wanted;
  throw new ConfigurationError(
    `CFLOW_MAX_CONNECTIONS: expected at most ${possible}, which is what ${descriptors} file descriptors leave, got ${wanted}; raise the limit (ulimit -n) or lower the variable`,
  );
}

function maxDescriptors(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? USUAL_DESCRIPTORS);
  } catch {
    return USUAL_DESCRIPTORS;
  }
}
