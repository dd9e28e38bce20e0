import type { IncomingHttpHeaders } from 'node:http';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import { startDeadline } from './deadline.js';
import { NotPublicError } from './guarded-connector.js';
import { parseUrl } from './host-pattern.js';
import { UrlError } from './url-error.js';

/** What every request of one guarded fetch has in common. */
export interface ExchangeRules {
  connector: buildConnector.connector;
  /** Whether host and port are on the allow-list. */
  allowsHost(url: URL): boolean;
}

export interface ExchangeRequest {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string | Uint8Array | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs: number;
  maxRedirects: number;
}

/** An answer whose body is still to be read. `end` must be called in any case: it closes the connection. */
export interface Exchange {
  status: number;
  headers: IncomingHttpHeaders;
  body: Dispatcher.ResponseData['body'];
  /** The address without what may be secret in it, in quotes, for messages. */
  subject: string;
  /** What an error means that came up while reading the body. */
  explain(error: unknown): unknown;
  end(): void;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Sends a request, follows redirects, each checked as the first address was, and gives the last answer. */
export async function openExchange(
  address: string,
  request: ExchangeRequest,
  rules: ExchangeRules,
): Promise<Exchange> {
  const first = checkedUrl(address, rules);
  const subject = `"${first.origin}${first.pathname}"`;
  const { timeoutMs, signal: outer } = request;
  const deadline = startDeadline(timeoutMs, outer);
  const explain = (error: unknown): unknown => {
    if (outer?.aborted) return outer.reason;
    if (deadline.expired) {
      return new UrlError(`${subject} was not there after ${timeoutMs} ms`, {
        retryable: true,
        cause: error,
      });
    }
    if (error instanceof NotPublicError) {
      return new UrlError(`${subject} is refused: it leads to a host that is not on the public internet`);
    }
    if (error instanceof UrlError) return error;
    return new UrlError(`${subject} could not be fetched; try again later`, {
      retryable: true,
      cause: error,
    });
  };
  let client: Client | undefined;
  const end = (): void => {
    deadline.end();
    // Destroyed and not closed: an answer that is not read to its end would keep the connection.
    client?.destroy().catch(() => {});
  };
  try {
    let url = first;
    for (let redirects = 0; ; redirects++) {
      client?.destroy().catch(() => {});
      // A client for one request: pools by origin would grow with every host that a stranger names.
      client = new Client(url.origin, { connect: rules.connector, headersTimeout: 0, bodyTimeout: 0 });
      const { statusCode, headers, body } = await client.request({
        method: request.method,
        path: url.pathname + url.search,
        headers: request.headers,
        body: request.body ?? null,
        signal: deadline.signal,
      });
      // Destroying the client fails the body, perhaps when nobody reads it any more.
      body.on('error', () => {});
      const { location } = headers;
      const isRedirect =
        request.maxRedirects > 0 && REDIRECTS.has(statusCode) && typeof location === 'string';
      if (!isRedirect) return { status: statusCode, headers, body, subject, explain, end };
      if (redirects === request.maxRedirects) {
        throw new UrlError(`${subject} redirects more than ${request.maxRedirects} times`);
      }
      url = redirectTarget(location, url, subject, rules);
    }
  } catch (error) {
    end();
    throw explain(error);
  }
}

function redirectTarget(location: string, from: URL, subject: string, rules: ExchangeRules): URL {
  const url = parseUrl(location, from);
  const downgraded = from.protocol === 'https:' && url?.protocol === 'http:';
  // Where it leads is not said: the caller may have no way to see that otherwise.
  if (!url || downgraded || reasonToRefuse(url, rules) !== undefined) {
    throw new UrlError(`${subject} redirects to an address that is not allowed`);
  }
  return normalized(url);
}

/** @throws UrlError when it is not an address, or one that is not allowed. */
function checkedUrl(address: string, rules: ExchangeRules): URL {
  const url = address.length <= 2048 ? parseUrl(address) : undefined;
  if (!url) throw new UrlError('expected an absolute http or https URL of at most 2048 characters');
  const reason = reasonToRefuse(url, rules);
  if (reason !== undefined) throw new UrlError(`the address is refused: ${reason}`);
  return normalized(url);
}

function reasonToRefuse(url: URL, rules: ExchangeRules): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'expected http or https';
  if (url.username !== '' || url.password !== '') return 'expected no user name or password in it';
  if (!rules.allowsHost(url)) {
    return `its host ${JSON.stringify(url.host)} is not among those that this service may fetch from`;
  }
  return undefined;
}

/** Without the dot of an absolute name, which certificates do not have. */
function normalized(url: URL): URL {
  const result = new URL(url);
  result.hash = '';
  if (result.hostname.endsWith('.')) result.hostname = result.hostname.slice(0, -1);
  return result;
}
