import type { ApiKey } from './api-key.js';
import { ServiceError } from './service-error.js';

export interface RequestOptions {
  method?: string;
  query?: Readonly<Record<string, string | number | boolean>>;
  body?: Blob | undefined;
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  /** Called when the service has no room and the request waits for it. */
  onWait?: (seconds: number) => void;
}

/** Times that a request waits for room before its refusal is shown. */
const PATIENCE = 8;

/** Speaks with the service that the page came from: adds the key, waits where it is told to, reads refusals. */
export class Client {
  private readonly key: ApiKey;

  constructor(key: ApiKey) {
    this.key = key;
  }

  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.request(path, {
      ...options,
      headers: { accept: 'application/json', ...options.headers },
    });
    return (await response.json()) as T;
  }

  /** @throws ServiceError for what is not a success; Error in words when nothing answers. */
  async request(path: string, options: RequestOptions = {}): Promise<Response> {
    const { method, query, body, json, headers, signal, onWait } = options;
    const content = json === undefined ? body : JSON.stringify(json);
    const init: RequestInit = {
      method: method ?? (content === undefined ? 'GET' : 'POST'),
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(content !== undefined && { body: content }),
      ...(signal && { signal }),
    };
    const response = await this.exchange(address(path, query), init, onWait);
    if (!response.ok) throw await ServiceError.of(response);
    return response;
  }

  /**
   * As `fetch`, with the key: sent again when a key was given, or when there is room again. What is refused for good is
   * an answer, too.
   *
   * @throws Error in words when nothing answers
   */
  async exchange(
    url: string | URL,
    init: RequestInit,
    onWait?: (seconds: number) => void,
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const key = this.key.value;
      const response = await this.send(url, init, key);
      if (response.ok) return response;
      if (response.status === 401 && (await this.key.ask(key))) continue;
      const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
      const full = response.status === 429 || response.status === 503;
      if (!full || Number.isNaN(wait) || attempt > PATIENCE) return response;
      const seconds = Math.min(30, Math.max(0.25, wait));
      onWait?.(seconds);
      await pause(seconds * 1000, init.signal ?? undefined);
    }
  }

  /** Headers that carry the key. */
  authorization(): Record<string, string> {
    const { value } = this.key;
    return value === null ? {} : { authorization: `Bearer ${value}` };
  }

  /** Asks for a key after a refusal, for requests that are not sent here. */
  askForKey(refused: string | null): Promise<boolean> {
    return this.key.ask(refused);
  }

  get currentKey(): string | null {
    return this.key.value;
  }

  private async send(url: string | URL, init: RequestInit, key: string | null): Promise<Response> {
    const headers = new Headers(init.headers);
    if (key !== null) headers.set('authorization', `Bearer ${key}`);
    try {
      return await fetch(url, { ...init, headers, cache: 'no-store' });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new Error('The service does not answer. Check that it is running and that you are connected.', {
        cause: error,
      });
    }
  }
}

/** Relative to the page, so that it also works behind a proxy that adds a prefix. */
export function address(path: string, query: RequestOptions['query'] = {}): URL {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url;
}

export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
