import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

export interface ClientAddressOptions {
  /** Whether a proxy stands in front that nobody can go around: it is believed whom it forwards for. */
  trustProxy: boolean;
}

/**
 * The address of whoever asks: of the connection, or, behind a proxy, the last one of X-Forwarded-For. Proxies append
 * the address that they see; what stands before it is the client's own word. IPv4 in IPv6 is given as IPv4.
 */
export function clientAddress({ trustProxy }: ClientAddressOptions): (c: Context) => string | undefined {
  return (c) => {
    const forwarded = trustProxy ? addressOf(c.req.header('x-forwarded-for')?.split(',').at(-1)) : undefined;
    return forwarded ?? addressOf(getConnInfo(c).remote.address);
  };
}

/** Undefined for what is no address: the text goes into logs. Some proxies write the port too. */
function addressOf(text: string | undefined): string | undefined {
  const plain = text?.trim() ?? '';
  const [, bracketed, withPort] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(plain) ?? [];
  const address = (bracketed ?? withPort ?? plain).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}
