import type { Context } from 'hono';
import { holdBytes } from './body/read-body.js';
import type { AppEnvironment } from './environment.js';
import type { AppParts } from './parts.js';
import { ProblemError } from './problem.js';

/**
 * The file at an address of a request, from hosts that are allowed; its bytes count as those of the request's body.
 * Throws ProblemError `url-refused` without any, `queue-full` when requests hold too much.
 */
export async function fetchFile(
  c: Context<AppEnvironment>,
  { fetchUrl }: Pick<AppParts, 'fetchUrl'>,
  url: string,
  maxBytes: number,
): Promise<Uint8Array> {
  if (!fetchUrl) {
    throw new ProblemError(
      'url-refused',
      'this service fetches no addresses; send the file itself, or ask the operator to allow its host',
    );
  }
  const { signal } = c.get('deadline');
  return fetchUrl(url, { maxBytes, signal, onBytes: (bytes) => holdBytes(c, bytes) });
}
