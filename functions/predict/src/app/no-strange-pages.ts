import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnvironment } from './environment.js';
import type { AppParts } from './parts.js';
import { ProblemError } from './problem.js';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const THIS_MACHINE = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])\.?(?::\d+)?$/i;

/**
 * Where there are no keys, being able to reach the service is all that a caller needs, and the browser of somebody who
 * can lends that to every page that it shows. So nothing is changed for a page of another origin than the service's and
 * those that are allowed, and a service for this machine only answers to this machine's names only (DNS rebinding).
 */
export function noStrangePages({
  keys,
  thisMachineOnly,
  corsOrigins,
}: Pick<AppParts, 'keys' | 'thisMachineOnly' | 'corsOrigins'>): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    if (thisMachineOnly && host !== '' && !THIS_MACHINE.test(host)) {
      throw new ProblemError(
        'forbidden',
        'the service is for this machine only, and was called by another name; call it localhost, or start it with API keys or --anonymous',
      );
    }
    const origin = c.req.header('origin');
    const allowed = origin !== undefined && (corsOrigins.includes('*') || corsOrigins.includes(origin));
    if (!keys && !SAFE.has(c.req.method) && !allowed && isOfAnotherOrigin(c, origin, host)) {
      throw new ProblemError(
        'forbidden',
        'a web page of another origin asks for this; allow its origin (CFLOW_CORS_ORIGINS), or give the service API keys',
      );
    }
    await next();
  };
}

// Browsers of today say it themselves; of older ones, the origin is compared. What is no browser says nothing of either.
function isOfAnotherOrigin(c: Context, origin: string | undefined, host: string): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
