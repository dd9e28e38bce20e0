import { DownloadError } from '../errors.js';

/**
 * What a request without an answer means. Browsers do not tell a page whether another origin refused it or cannot be
 * reached; a second request, whose answer the page may not read, tells the two apart.
 */
export async function requestFailure(
  url: URL,
  reason: 'network' | 'timeout',
  cause: unknown,
): Promise<DownloadError> {
  const address = url.origin + url.pathname;
  if (reason === 'timeout') {
    return new DownloadError(
      `${address} sent nothing for half a minute; try again`,
      { url: address, reason },
      {
        retryable: true,
        cause,
      },
    );
  }
  const { origin } = globalThis as { origin?: string };
  const foreign = origin !== undefined && origin !== url.origin;
  if (foreign && (await answers(url))) {
    return new DownloadError(
      `${url.origin} does not let pages of ${origin} read ${url.pathname} (CORS): have it send ` +
        `"Access-Control-Allow-Origin: ${origin}" (a cflow service: CFLOW_CORS_ORIGINS=${origin}), and allow the ` +
        'headers that are sent along',
      { url: address, reason: 'cors' },
      { cause },
    );
  }
  const words = cause instanceof Error ? cause.message : String(cause);
  return new DownloadError(
    `${address} could not be fetched: ${words}; check the address and the connection` +
      (foreign ? `, and that ${url.origin} lets pages of ${origin} read it (CORS)` : '') +
      ', then try again',
    { url: address, reason },
    { retryable: true, cause },
  );
}

async function answers(url: URL): Promise<boolean> {
  try {
    await fetch(url, { mode: 'no-cors', credentials: 'omit', signal: AbortSignal.timeout(5000) });
    return true;
  } catch {
    return false;
  }
}
