import { ArgumentError, CflowError } from '../../errors.js';
import { answerError } from './answer-error.js';
import { ApiPromise, type WithResponse } from './api-promise.js';
import { type ApiError, ConnectionError, ProtocolError, TimeoutError } from './errors.js';
import { aborted, pause } from './pause.js';
import { retryDelay } from './retry-after.js';

/** `fetch`, or something that does the same. */
export type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>;

export interface TransportOptions {
  baseUrl: URL;
  apiKey: string | undefined;
  fetch: Fetch;
  timeout: number;
  maxRetries: number;
}

/** What one call may say otherwise than the client. */
export interface CallOptions {
  /** Ends the call: it rejects with AbortedError. */
  signal?: AbortSignal | undefined;
  /** Milliseconds of one attempt, body included; 0: no limit. */
  timeout?: number | undefined;
  /** Attempts after the first. */
  maxRetries?: number | undefined;
}

export interface RequestParts extends CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Segments of the path, as they are meant. */
  path: readonly string[];
  query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  json?: unknown;
  body?: Blob | FormData | ReadableStream<Uint8Array> | undefined;
  /** Whether doing it twice is doing it once. Otherwise it is sent again only when it was surely not done. */
  idempotent?: boolean;
}

/** Reads an answer; what it throws counts as a connection that broke, unless it is one of our errors. */
export type ReadAnswer<T> = (response: Response) => Promise<T>;

/** Milliseconds that the calls with large bodies may take. */
export const TRANSFER_TIMEOUT = 3_600_000;

/** Sends requests, again when that helps, and makes typed errors of what goes wrong. */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** The JSON of an answer. */
  json<T>(parts: RequestParts): ApiPromise<T> {
    return this.send<T>({ ...parts, headers: { accept: 'application/json', ...parts.headers } }, readJson);
  }

  send<T>(parts: RequestParts, read: ReadAnswer<T>): ApiPromise<T> {
    return new ApiPromise(this.#send(parts, read));
  }

  /** Bytes from another place, such as an image at a URL: without the key, and redirects are followed. */
  async fetchForeign(url: URL, { signal, timeout, maxRetries }: CallOptions): Promise<Blob> {
    const call = { signal, timeout, maxRetries, idempotent: true };
    const what = `GET ${url.origin}${url.pathname}`;
    return (await this.#attempts(url.href, {}, what, (response) => response.blob(), call)).data;
  }

  /** Where a request goes. */
  address({ path, query = {} }: Pick<RequestParts, 'path' | 'query'>): URL {
    const address = new URL(this.#options.baseUrl);
    // An address may end with a slash.
    address.pathname = [address.pathname, ...path.map(segment)].join('/').replace(/\/+/g, '/');
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    return address;
  }

  async #send<T>(parts: RequestParts, read: ReadAnswer<T>): Promise<WithResponse<T>> {
    const { method = 'GET', json, body } = parts;
    const address = this.address(parts);
    const { apiKey } = this.#options;
    const init: RequestInit = {
      method,
      redirect: 'manual',
      headers: {
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...parts.headers,
      },
      ...(json !== undefined ? { body: JSON.stringify(json) } : body !== undefined && { body: body as Blob }),
      // Without it `fetch` refuses a body that is still to come.
      ...(body instanceof ReadableStream && ({ duplex: 'half' } as object)),
    };
    return this.#attempts(address.href, init, `${method} ${address.pathname}`, read, {
      ...parts,
      idempotent: parts.idempotent ?? method === 'GET',
      ...(body instanceof ReadableStream && { maxRetries: 0 }),
    });
  }

  async #attempts<T>(
    url: string,
    init: RequestInit,
    what: string,
    read: ReadAnswer<T>,
    call: CallOptions & { idempotent: boolean },
  ): Promise<WithResponse<T>> {
    const { maxRetries = this.#options.maxRetries, signal } = call;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(url, init, what, read, call);
      } catch (error) {
        const failure = this.#typed(error, what);
        const again = failure.retryable && (call.idempotent || refused(failure as ApiError));
        const delay = again && attempt < maxRetries && retryDelay(attempt, (failure as ApiError).retryAfter);
        if (typeof delay !== 'number') throw failure;
        await pause(delay, signal);
      }
    }
  }

  async #once<T>(
    url: string,
    init: RequestInit,
    what: string,
    read: ReadAnswer<T>,
    { signal, timeout = this.#options.timeout }: CallOptions,
  ): Promise<WithResponse<T>> {
    if (signal?.aborted) throw aborted(signal);
    const controller = new AbortController();
    const stop = (): void => controller.abort(signal?.reason);
    let late = false;
    const timer =
      timeout > 0
        ? setTimeout(() => {
            late = true;
            controller.abort();
          }, timeout)
        : undefined;
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const response = await this.#options.fetch(url, { ...init, signal: controller.signal });
      if (!response.ok) throw answerError(response, this.#withoutKey(await response.text()), what);
      const data = await read(response);
      return { data, response, requestId: response.headers.get('x-request-id') ?? undefined };
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      if (late) {
        throw new TimeoutError(
          `no complete answer within ${timeout} ms: try again, or give a longer timeout (${what})`,
          { code: 'timeout', retryable: true, cause: error },
        );
      }
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  #typed(error: unknown, what: string): CflowError {
    if (CflowError.isInstance(error)) return error;
    const { message, cause } = error as { message?: unknown; cause?: { code?: unknown; message?: unknown } };
    const reason = [message, cause?.code ?? cause?.message].filter(Boolean).join(': ') || String(error);
    return broken(this.#withoutKey(reason), error, what);
  }

  // A proxy may show what it was sent.
  #withoutKey(text: string): string {
    const { apiKey } = this.#options;
    return apiKey ? text.split(apiKey).join('[API key]') : text;
  }
}

// Refused before anything was done.
function refused({ status }: ApiError): boolean {
  return status === 429 || status === 503;
}

function broken(reason: string, cause: unknown, what: string): ConnectionError {
  const browser = 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
  const cors = browser
    ? ', and that it allows pages of this origin (CORS): its operator adds it to CFLOW_CORS_ORIGINS'
    : '';
  return new ConnectionError(
    `no connection, or it broke (${reason}): check baseUrl, that the service runs${cors} (${what})`,
    { code: 'connection', retryable: true, cause },
  );
}

/** Escapes a segment of a path. Refuses those that an address resolves away. */
function segment(text: string): string {
  if (/^\.{0,2}$/.test(text)) throw new ArgumentError(`expected a name, got "${text}"`);
  return encodeURIComponent(text);
}

const readJson = async <T>(response: Response): Promise<T> => {
  if (response.status === 204) return undefined as T;
  const type = response.headers.get('content-type') ?? 'nothing';
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) {
    await response.body?.cancel();
    throw new ProtocolError(`expected JSON, got ${type.slice(0, 80)}: check baseUrl`, response);
  }
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ProtocolError('expected JSON, got damaged JSON: try again', response, true);
  }
};
