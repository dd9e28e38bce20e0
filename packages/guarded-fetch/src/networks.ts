import { isIP } from 'node:net';
import { ConfigurationError } from '@cflow/spec';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** IPv6 that is given out to be reached from anywhere; all else is for something special, known or not yet. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** RFC 6052: how hosts without IPv4 see the IPv4 internet. The address is in the last 32 bits. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** The address that is meant: that of IPv4 where it is wrapped in IPv6. */
function unwrap(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

function isPublic(address: Address): boolean {
  // ipaddr.js names every special range; "unicast" is what is left.
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}

/** Whether an IP address can be reached from anywhere: not private, not this machine, not of a special range. */
export function isPublicAddress(text: string): boolean {
  const address = unwrap(text);
  return address !== undefined && isPublic(address);
}

/** Which addresses may be connected to. */
export interface Networks {
  /** Whether a connection to a host that was named so may go to this address. */
  allows(target: { host: string; port: number }, address: string): boolean;
  /** Whether there are inner hosts at all that may be connected to. */
  readonly hasInner: boolean;
}

/**
 * The public internet, and what else is given: networks (`10.1.0.0/16`), addresses (`127.0.0.1`), or `host:port`,
 * which may be at any address.
 *
 * @throws ConfigurationError for anything else.
 */
export function createNetworks(allowPrivate: readonly string[]): Networks {
  const ranges: [Address, number][] = [];
  const hosts = new Set<string>();
  for (const entry of allowPrivate) {
    if (isIP(entry) !== 0) {
      const address = ipaddr.parse(entry);
      ranges.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else if (ipaddr.isValidCIDR(entry)) {
      ranges.push(ipaddr.parseCIDR(entry));
    } else if (/^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]*]+):\d{1,5}$/i.test(entry)) {
      hosts.add(entry.toLowerCase().replace(/[[\]]/g, ''));
    } else {
      throw new ConfigurationError(
        `"${entry}" is not an inner network: expected a network such as 10.1.0.0/16, an address, or host:port`,
        { details: { entry } },
      );
    }
  }
  return {
    allows({ host, port }, text) {
      const address = unwrap(text);
      if (!address) return false;
      if (isPublic(address) || hosts.has(`${host}:${port}`)) return true;
      return ranges.some(
        ([network, bits]) => network.kind() === address.kind() && address.match(network as never, bits),
      );
    },
    hasInner: allowPrivate.length > 0,
  };
}
