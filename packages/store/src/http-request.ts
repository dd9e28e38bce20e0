import { CflowError, ConfigurationError, type Problem, problemSchema, StorageError } from '@cflow/spec';
import type { z } from 'zod';
import { readAll } from './read-all.js';
import { RegistryError } from './registry-error.js';

const MAX_JSON_BYTES = 16 * 2 ** 20;
const MAX_PROBLEM_BYTES = 2 ** 16;

export interface HttpRegistryOptions {
  /** Of the service: https://host[/path]. */
  baseUrl: string;
  apiKey?: string | undefined;
  /** Default: the global one. */
  fetch?: typeof fetch | undefined;
  /** Until an answer begins, and between two parts of it. Default 30 s. */
  timeoutMs?: number | undefined;
}

/** Requests to the service's own API. */
export class ServiceRequests {
  readonly name: string;
  readonly #base: URL;
  readonly #options: HttpRegistryOptions;

  constructor(options: HttpRegistryOptions) {
    let base: URL | undefined;
    try {
      base = new URL(`${options.baseUrl.replace(/(?<!\/)\/+$/, '')}/`);
    } catch {}
    if (!base || !/^https?:$/.test(base.protocol) || base.username !== '' || base.search !== '') {
      throw new ConfigurationError('expected https://host[/path] as the address of a service', {
        details: { baseUrl: options.baseUrl },
      });
    }
    this.#base = base;
    this.#options = options;
    this.name = base.href.slice(0, -1);
  }

  /** An answer in JSON that keeps to a schema. @throws RegistryError or StorageError */
  async json<S extends z.ZodType>(
    path: readonly string[],
    schema: S,
    query: Query = {},
  ): Promise<z.infer<S>> {
    const response = await this.get(path, { query });
    const bytes = await readAll(this.body(response), MAX_JSON_BYTES, `the answer of ${this.name}`);
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (cause) {
      throw new StorageError(
        'store',
        `${this.name} gave an answer that was not expected; is it a cflow service?`,
        {
          cause,
          details: { service: this.name, path: path.join('/') },
        },
      );
    }
  }

  /** A successful answer. @throws RegistryError or StorageError */
  async get(path: readonly string[], options: GetRequest = {}): Promise<Response> {
    // These are no names to an address, but steps in it.
    if (path.some((name) => /^\.{0,2}$/.test(name))) {
      throw new RegistryError('not-found', `there is no ${JSON.stringify(path.at(-1))} at ${this.name}`, {
        details: { service: this.name },
      });
    }
    const url = new URL(path.map(encodeURIComponent).join('/'), this.#base);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const { apiKey, timeoutMs = 30_000 } = this.#options;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout.signal]) : timeout.signal;
    let response: Response;
    try {
      response = await (this.#options.fetch ?? fetch)(url.href, {
        headers: {
          ...options.headers,
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        // A key is for this service, not for whom it may point to. Cloudflare's runtime knows no `error`.
        redirect: 'manual',
        signal,
      });
    } catch (cause) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw this.#unreachable(
        timeout.signal.aborted ? `no answer within ${timeoutMs} ms` : messageOf(cause),
        cause,
      );
    } finally {
      clearTimeout(timer);
    }
    if (response.ok || options.accept?.includes(response.status)) return response;
    // Browsers hide where to.
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      void response.body?.cancel();
      throw this.#unreachable('it points to another address, which is not followed', undefined);
    }
    throw await this.#refusal(response);
  }

  /** The bytes of an answer; fails when nothing comes for too long. */
  body(response: Response, signal?: AbortSignal): ReadableStream<Uint8Array> {
    const { timeoutMs = 30_000 } = this.#options;
    const reader = response.body?.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (!reader) return controller.close();
          let timer: ReturnType<typeof setTimeout> | undefined;
          const late = new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(new Error(`nothing came for ${timeoutMs} ms`)), timeoutMs);
          });
          try {
            const { done, value } = await Promise.race([reader.read(), late]);
            if (done) controller.close();
            else controller.enqueue(value);
          } catch (cause) {
            await reader.cancel().catch(() => undefined);
            controller.error(signal?.aborted ? signal.reason : this.#unreachable(messageOf(cause), cause));
          } finally {
            clearTimeout(timer);
          }
        },
        cancel: (reason) => reader?.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  #unreachable(why: string, cause: unknown): StorageError {
    return new StorageError('store', `${this.name} cannot be reached: ${why}; try again`, {
      cause,
      retryable: true,
      details: { service: this.name },
    });
  }

  async #refusal(response: Response): Promise<CflowError> {
    const problem = await this.#problem(response);
    const details = {
      service: this.name,
      status: response.status,
      code: problem?.code,
      requestId: problem?.requestId,
    };
    const said = problem?.detail ?? `status ${response.status}`;
    if (response.status === 404) return new RegistryError('not-found', said, { details });
    if (response.status === 409) return new RegistryError('conflict', said, { details });
    if (response.status === 401 || response.status === 403) {
      return new StorageError('permission', `${this.name} refused: ${said}`, { details });
    }
    const retryable = response.status >= 500 || response.status === 429 || response.status === 408;
    return new StorageError('store', `${this.name} answered: ${said}`, { retryable, details });
  }

  async #problem(response: Response): Promise<Problem | undefined> {
    try {
      const bytes = await readAll(this.body(response), MAX_PROBLEM_BYTES, 'the answer');
      return problemSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
    } catch {
      return undefined;
    }
  }
}

type Query = Record<string, string | number | undefined>;

interface GetRequest {
  query?: Query;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Statuses beside those of success that are not error. */
  accept?: readonly number[];
}

function messageOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return CflowError.isInstance(error) ? error.message : (cause?.message ?? message ?? 'the request failed');
}
