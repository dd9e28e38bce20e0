import type { Context, MiddlewareHandler } from 'hono';
import { hostCheck } from '../security/host-patterns.js';
import type { AppEnvironment } from './environment.js';
import type { AppParts } from './parts.js';
import { ProblemError } from './problem.js';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface NoStrangePagesOptions
  extends Pick<AppParts, 'keys' | 'thisMachineOnly' | 'allowedHosts' | 'corsOrigins'> {
  /** May be read under any name: probes have their own for the service. Default: none. */
  healthPaths?: ReadonlySet<string> | undefined;
}

/**
 * Where there are no keys, being able to reach the service is all that a caller needs, and the browser of somebody who can
 * lends that to every page that it shows. So nothing is changed for a page of another origin than the service's and those
 * that are allowed, and only requests that call the service by a name of its own are answered: a page elsewhere whose name
 * was made to lead here (DNS rebinding) is of the same origin to the browser.
 *
 * @throws ConfigurationError when an allowed host is not a host pattern
 */
export function noStrangePages({
  keys,
  thisMachineOnly = false,
  allowedHosts,
  corsOrigins,
  healthPaths = new Set(),
}: NoStrangePagesOptions): MiddlewareHandler<AppEnvironment> {
  const isOwn =
    thisMachineOnly || allowedHosts
      ? hostCheck({ patterns: allowedHosts ?? [], addresses: !thisMachineOnly })
      : () => true;
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    // A page may open a WebSocket to anywhere, and no browser keeps it from what comes back.
    const safe = SAFE.has(c.req.method) && c.req.header('upgrade') === undefined;
    if (host !== '' && !isOwn(host) && !(safe && healthPaths.has(c.req.path)))
      throw strangeHost(thisMachineOnly);
    const origin = c.req.header('origin');
    const allowed = origin !== undefined && (corsOrigins.includes('*') || corsOrigins.includes(origin));
    if (!keys && !safe && !allowed && isOfAnotherOrigin(c, origin, host)) {
      throw new ProblemError(
        'forbidden',
        'a web page of another origin asks for this; allow its origin (CFLOW_CORS_ORIGINS), or give the service API keys',
      );
    }
    await next();
  };
}

function strangeHost(thisMachineOnly: boolean): ProblemError {
  return new ProblemError(
    'forbidden',
    thisMachineOnly
      ? 'the service is for this machine only, and was called by another name; call it localhost, allow the name (CFLOW_ALLOWED_HOSTS), or give the service API keys'
      : 'the service was called by a name that is not its own; allow the name of the header Host (CFLOW_ALLOWED_HOSTS), or give the service API keys instead',
  );
}

// Browsers of today say it themselves; of older ones, the origin is compared. What is not a browser says nothing of either.
function isOfAnotherOrigin(c: Context, origin: string | undefined, host: string): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
