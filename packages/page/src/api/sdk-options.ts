import type { CflowClientOptions, Fetch } from '@cflow/sdk';

/** How a request is made. */
export interface ExchangeOptions {
  /** Called with the seconds for which the request waits, because the service has no room. */
  onWait?: ((seconds: number) => void) | undefined;
  /** Times that a request waits for room before its refusal is shown. Default 8. */
  patience?: number | undefined;
  /** Instead of `fetch`. */
  send?: Fetch | undefined;
}

/** Where requests of the page go: `Client`. */
export interface Exchange {
  exchange(url: string, init: RequestInit, options: ExchangeOptions): Promise<Response>;
}

/** Options of the SDK's clients here: they send the page's own requests. */
export function sdkOptions(client: Exchange, options: ExchangeOptions = {}): CflowClientOptions {
  return {
    baseUrl: address('.'),
    fetch: (url, init) => client.exchange(url, init, options),
    // Somebody may have to find a key first, and the page does the retrying.
    timeout: 0,
    maxRetries: 0,
  };
}

/** Relative to the page, so that it also works behind a proxy that adds a prefix. */
export function address(path: string): URL {
  return new URL(path, document.baseURI);
}
