import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { ipAddress } from '../security/ip-address.js';

export interface ClientAddressOptions {
  /** Whether a proxy stands in front that nobody can go around: it is believed whom it forwards for. */
  trustProxy: boolean;
}

/**
 * The caller's address: that of the connection, or, behind a proxy, the last one of X-Forwarded-For. Proxies append the
 * address that they see; what stands before it is the client's own word. It is in its one spelling, and undefined where it
 * is not an address: it goes into logs.
 */
export function clientAddress({ trustProxy }: ClientAddressOptions): (c: Context) => string | undefined {
  return (c) => {
    const forwarded = trustProxy
      ? ipAddress(c.req.header('x-forwarded-for')?.split(',').at(-1) ?? '')
      : undefined;
    return forwarded ?? ipAddress(getConnInfo(c).remote.address ?? '');
  };
}
