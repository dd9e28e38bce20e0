import type { AppParts } from './parts.js';
import { ProblemError } from './problem.js';

/** The file at an address of a request, from hosts that are allowed. Throws ProblemError `url-refused` without any. */
export async function fetchFile(
  { fetchUrl }: Pick<AppParts, 'fetchUrl'>,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!fetchUrl) {
    throw new ProblemError(
      'url-refused',
      'this service fetches no addresses; send the file itself, or ask the operator to allow its host',
    );
  }
  return fetchUrl(url, { maxBytes, signal });
}
