import { CflowClient, type Fetch } from '@cflow/sdk';
import type { ApiKey } from './api-key.js';
import { type Exchange, type ExchangeOptions, sdkOptions } from './sdk-options.js';

/** How often a request waits for room before its refusal is shown. */
const PATIENCE = 8;

/** The service that the page came from: the SDK's client, over requests that carry this tab's key and wait when told to. */
export class Client implements Exchange {
  /** What the page asks of the service. */
  readonly service: CflowClient;
  readonly #key: ApiKey;

  constructor(key: ApiKey) {
    this.#key = key;
    this.service = new CflowClient(sdkOptions(this));
  }

  /**
   * Like `fetch`, with the key: sent again when a key was given, or when there is room again. A final refusal is an answer,
   * too. @throws Error in words when nothing answers
   */
  async exchange(
    url: string,
    init: RequestInit,
    { onWait, patience = PATIENCE, send = ask }: ExchangeOptions,
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const key = this.#key.value;
      const headers = new Headers(init.headers);
      if (key !== null) headers.set('authorization', `Bearer ${key}`);
      const response = await send(url, { ...init, headers });
      if (response.ok) return response;
      if (response.status === 401 && (await this.#key.ask(key))) continue;
      const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
      const full = response.status === 429 || response.status === 503;
      if (!full || Number.isNaN(wait) || attempt > patience) return response;
      const seconds = Math.min(30, Math.max(0.25, wait));
      onWait?.(seconds);
      await pause(seconds * 1000, init.signal ?? undefined);
    }
  }

  /** Headers that carry the key. */
  authorization(): Record<string, string> {
    const { value } = this.#key;
    return value === null ? {} : { authorization: `Bearer ${value}` };
  }

  /** The key, for what is not a plain request: a stream. */
  get currentKey(): string | undefined {
    return this.#key.value ?? undefined;
  }
}

const ask: Fetch = async (url, init) => {
  try {
    return await fetch(url, { ...init, cache: 'no-store' });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Error('The service does not answer. Check that it is running and that you are connected.', {
      cause: error,
    });
  }
};

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
