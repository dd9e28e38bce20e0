import { ArgumentError } from '../../errors.js';
import { type Fetch, Transport } from './transport.js';

export interface CflowClientOptions {
  /** Where the service is; in a page also relative to it. */
  baseUrl: string | URL;
  /** Sent as `Authorization: Bearer`. Left out where the service wants none. */
  apiKey?: string | undefined;
  /** Instead of the global one. */
  fetch?: Fetch | undefined;
  /** Milliseconds of one attempt, 0: any. Default 60 000; an hour for uploads and downloads. */
  timeout?: number | undefined;
  /** Attempts after the first, of calls that may be made again. Default 2. */
  maxRetries?: number | undefined;
}

/** @throws ArgumentError when the address or the key cannot be used */
export function transportOf({
  baseUrl,
  apiKey,
  fetch: own,
  timeout = 60_000,
  maxRetries = 2,
}: CflowClientOptions): Transport {
  // Not shown in a message: it could end up in a log.
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ArgumentError('apiKey: expected visible ASCII characters');
  }
  return new Transport({
    baseUrl: addressOf(baseUrl),
    apiKey,
    // Called as itself: browsers refuse theirs on another object.
    fetch: own ?? ((url, init) => fetch(url, init)),
    timeout,
    maxRetries,
  });
}

function addressOf(baseUrl: string | URL): URL {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  const url = URL.canParse(baseUrl, page) && new URL(baseUrl, page);
  // A key belongs into `apiKey`: an address is shown.
  if (!url || !/^https?:\/\/[^@?#]*$/.test(url.href)) {
    throw new ArgumentError('baseUrl: expected http(s)://host/path, without user, query or fragment');
  }
  return url;
}
