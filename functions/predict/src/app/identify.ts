import type { Context, MiddlewareHandler } from 'hono';
import { type Caller, SCOPES } from '../security/api-keys.js';
import { presentedKey } from '../security/presented-key.js';
import type { AppEnvironment } from './environment.js';
import type { AppParts } from './parts.js';

/** Finds out who asks. Whether that is enough is for each route to say, see `requires`. */
export function identify(parts: Pick<AppParts, 'keys' | 'clientAddress'>): MiddlewareHandler<AppEnvironment> {
  const everything = new Set(SCOPES);
  const find = async (c: Context<AppEnvironment>): Promise<Caller | undefined> => {
    if (!parts.keys) return { name: parts.clientAddress?.(c) ?? 'anyone', scopes: everything };
    const key = presentedKey(c.req.raw.headers);
    return key === undefined ? undefined : parts.keys.find(key);
  };
  return async (c, next) => {
    c.set('caller', await find(c));
    await next();
  };
}
