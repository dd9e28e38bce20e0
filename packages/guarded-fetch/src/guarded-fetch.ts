import { boundedBody, tooLarge } from './bounded-body.js';
import { type Exchange, type ExchangeRequest, type ExchangeRules, openExchange } from './exchange.js';
import { guardedConnector, type Lookup } from './guarded-connector.js';
import { hostPattern } from './host-pattern.js';
import { createNetworks } from './networks.js';
import { UrlError } from './url-error.js';

export interface GuardedFetchOptions {
  /** Hosts: `images.example.com`, `*.example.com`, with `:8080` or `:*` for other ports than the usual; `*` for all. */
  allow: readonly string[];
  /** Inner networks that may be connected to all the same: `10.1.0.0/16`, `127.0.0.1`, or `host:port`. Default: none. */
  allowPrivate?: readonly string[] | undefined;
  /** Default 3. */
  maxRedirects?: number | undefined;
  /** From the call to the last byte. Default 30 000. */
  timeoutMs?: number | undefined;
  /** Default 5000. */
  connectTimeoutMs?: number | undefined;
  /** Default: the system's. */
  lookup?: Lookup | undefined;
}

export interface FetchOptions {
  /** Of the content, after decompression. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
  /** Told of the bytes of each piece before it is kept; what it throws ends the fetch. */
  onBytes?: ((bytes: number) => void) | undefined;
  /** Instead of the one given to `createGuardedFetch`, for large files. */
  timeoutMs?: number | undefined;
}

export interface PostOptions {
  headers: Record<string, string>;
  body: string | Uint8Array;
  signal?: AbortSignal | undefined;
}

export interface FetchedStream {
  /** Fails with UrlError. To be read to its end or cancelled. */
  body: ReadableStream<Uint8Array>;
  contentType: string | undefined;
  /** Bytes, where the server says so. */
  size?: number;
}

/**
 * Fetches addresses that strangers name. Rejects with UrlError: `url-refused` for what is not allowed, and
 * `unavailable`, retryable, for what did not work this time; with the signal's reason when that aborts.
 */
export interface GuardedFetch {
  fetchBytes(url: string, options: FetchOptions): Promise<Uint8Array>;
  fetchToStream(url: string, options: FetchOptions): Promise<FetchedStream>;
  /** Follows no redirect; the answer's body is not looked at. */
  post(url: string, options: PostOptions): Promise<{ status: number }>;
}

/** What the server of a file may answer that another try could change. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Bytes of an answer to a POST that are waited for, so that the other side can finish it. */
const POST_ANSWER_BYTES = 16_384;

export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { maxRedirects = 3, timeoutMs = 30_000, connectTimeoutMs = 5000, lookup } = options;
  const patterns = options.allow.map(hostPattern);
  const networks = createNetworks(options.allowPrivate ?? []);
  const rules: ExchangeRules = {
    allowsHost: (url) => patterns.some((matches) => matches(url)),
    connector: guardedConnector({ networks, timeoutMs: connectTimeoutMs, lookup }),
  };

  async function get(url: string, { maxBytes, signal, timeoutMs: own }: FetchOptions): Promise<Exchange> {
    const request: ExchangeRequest = {
      method: 'GET',
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'cflow' },
      signal,
      timeoutMs: own ?? timeoutMs,
      maxRedirects,
    };
    const exchange = await openExchange(url, request, rules);
    const { status, subject } = exchange;
    const failure = status !== 200 ? statusError(status, subject, networks.hasInner) : undefined;
    const size = Number(exchange.headers['content-length'] ?? 0);
    if (!failure && size <= maxBytes) return exchange;
    exchange.end();
    throw failure ?? tooLarge(subject, maxBytes);
  }

  return {
    async fetchBytes(url, options) {
      const exchange = await get(url, options);
      let refused: { error: unknown } | undefined;
      try {
        const chunks: Uint8Array[] = [];
        for await (const chunk of content(exchange, options.maxBytes)) {
          try {
            options.onBytes?.(chunk.byteLength);
          } catch (error) {
            refused = { error };
            break;
          }
          chunks.push(chunk);
        }
        if (!refused) return concatenate(chunks);
      } catch (error) {
        throw exchange.explain(error);
      } finally {
        exchange.end();
      }
      throw refused.error;
    },

    async fetchToStream(url, options) {
      const exchange = await get(url, options);
      const chunks = content(exchange, options.maxBytes);
      const {
        'content-length': length,
        'content-type': contentType,
        'content-encoding': encoding,
      } = exchange.headers;
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            try {
              const { done, value } = await chunks.next();
              if (!done) return controller.enqueue(value);
              exchange.end();
              controller.close();
            } catch (error) {
              exchange.end();
              controller.error(exchange.explain(error));
            }
          },
          cancel: () => exchange.end(),
        },
        { highWaterMark: 0 },
      );
      const size = length !== undefined && encoding === undefined ? { size: Number(length) } : {};
      return { body, contentType, ...size };
    },

    async post(url, { headers, body, signal }) {
      const exchange = await openExchange(
        url,
        {
          method: 'POST',
          headers: { 'user-agent': 'cflow', ...headers },
          body,
          signal,
          timeoutMs,
          maxRedirects: 0,
        },
        rules,
      );
      await exchange.body.dump({ limit: POST_ANSWER_BYTES }).catch(() => {});
      exchange.end();
      return { status: exchange.status };
    },
  };
}

function content(exchange: Exchange, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  const { body, headers, subject } = exchange;
  return boundedBody(body, headers['content-encoding'], maxBytes, subject);
}

/** The status itself is said only where no inner host can have answered: it would tell what is there. */
function statusError(status: number, subject: string, hasInner: boolean): UrlError {
  const found = hasInner ? '' : ` but with status ${status}`;
  return new UrlError(`${subject} did not answer with a file${found}`, { retryable: TRANSIENT.has(status) });
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    result.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return result;
}
