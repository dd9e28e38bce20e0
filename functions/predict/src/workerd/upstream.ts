import { ConfigurationError } from '@cflow/spec';
import type { Context } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';
import type { AppEnvironment } from '../app/environment.js';
import { ProblemError } from '../app/problem.js';
import type { Fetcher } from './bindings.js';
import { FORWARDED_HEADER } from './forwarded-header.js';

export interface UpstreamOptions {
  /** Of the service: https://host[/path]. */
  baseUrl: string;
  /** Sent instead of the caller's key. Undefined: the caller's own key is passed on, for services with the same keys. */
  apiKey?: string | undefined;
  /** Default: the network. */
  fetcher?: Fetcher | undefined;
}

/** A service that scores what the edge cannot. */
export interface Upstream {
  /** Its answer to a request, with the reason in the header X-Cflow-Forwarded. Rejects with ProblemError. */
  forward(
    c: Context<AppEnvironment>,
    reason: string,
    body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
  ): Promise<Response>;
}

const SENT = ['content-type', 'content-encoding', 'accept', 'user-agent'] as const;
const CREDENTIALS = ['authorization', 'x-api-key'] as const;
const RETURNED = ['content-type', 'cache-control', 'retry-after', 'www-authenticate'] as const;

/** @throws ConfigurationError for a malformed address */
export function upstreamService({ baseUrl, apiKey, fetcher }: UpstreamOptions): Upstream {
  const base = URL.canParse(baseUrl) ? new URL(`${baseUrl.replace(/(?<!\/)\/+$/, '')}/`) : undefined;
  if (!base || !/^https?:$/.test(base.protocol) || base.username !== '' || base.search !== '') {
    throw new ConfigurationError('CFLOW_UPSTREAM_URL: expected https://host[/path]');
  }
  const send = fetcher ? fetcher.fetch.bind(fetcher) : fetch;
  return {
    async forward(c, reason, body) {
      const { pathname, search } = new URL(c.req.url);
      const headers = new Headers({ 'x-request-id': c.get('requestId'), [FORWARDED_HEADER]: reason });
      const passed = apiKey === undefined ? [...SENT, ...CREDENTIALS] : SENT;
      for (const name of passed) {
        const value = c.req.header(name);
        if (value !== undefined) headers.set(name, value);
      }
      if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
      const { signal } = c.get('deadline');
      const init = { method: c.req.method, headers, body, redirect: 'manual', signal, duplex: 'half' };
      const answer = await send(new URL(pathname.slice(1) + search, base).href, init as RequestInit).catch(
        (cause: unknown) => {
          throw away('cannot be reached; try again', cause);
        },
      );
      // Words about a key would be taken for words about the caller's.
      const ownKey = apiKey !== undefined && (answer.status === 401 || answer.status === 403);
      if (ownKey || (answer.status >= 300 && answer.status < 400)) {
        await answer.body?.cancel();
        throw away(ownKey ? 'does not take the key of the edge' : 'lies elsewhere', undefined);
      }
      const returned: Record<string, string> = { [FORWARDED_HEADER]: reason };
      for (const [name, value] of answer.headers) {
        const rate = name.startsWith('ratelimit-');
        if (rate || RETURNED.some((each) => each === name)) returned[name] = value;
      }
      return c.newResponse(answer.body, answer.status as StatusCode, returned);
    },
  };
}

function away(what: string, cause: unknown): ProblemError {
  return new ProblemError('unavailable', `the edge cannot score this, and the service that can ${what}`, {
    cause,
  });
}
