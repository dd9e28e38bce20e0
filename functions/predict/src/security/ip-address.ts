const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;
const IPV6 = /^[0-9a-f:.]{2,45}$/i;
/** `address`, `[address]`, `address:port` of IPv4, `[address]:port`; a zone after `%` says a way to an address, not another. */
const WRITTEN =
  /^(?:\[([0-9a-f:.]{2,45})(?:%[^\]]{0,64})?\]|([\d.]{7,15})|([0-9a-f:.]{2,45})(?:%[^\s,\]]{0,64})?)$/i;
const PORT = /^(.{7,128}):\d{1,5}$/;
/** What carries an IPv4 address in its last 32 bits: mapped addresses (RFC 4291) and those of NAT64 (RFC 6052). */
const WRAPPED = /^(?:::ffff:|64:ff9b::)(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/;

/**
 * The one spelling of an IP address, however it was written: with a port, in brackets, with a zone, in upper case, with
 * zeros written out; IPv4 in IPv6 as IPv4. Undefined for what is not an address.
 */
export function ipAddress(text: string): string | undefined {
  const trimmed = text.trim();
  // A lone IPv6 address has colons of its own.
  const withoutPort =
    /^(?:\[|[\d.]+:)/.test(trimmed) && !trimmed.startsWith('::') ? PORT.exec(trimmed)?.[1] : undefined;
  for (const candidate of [trimmed, withoutPort]) {
    const [, bracketed, four, six] = (candidate !== undefined && WRITTEN.exec(candidate)) || [];
    if (four !== undefined && IPV4.test(four)) return four;
    const found = bracketed ?? six;
    if (found === undefined || !IPV6.test(found) || !found.includes(':')) continue;
    if (URL.canParse(`http://[${found}]`))
      return unwrapped(new URL(`http://[${found}]`).hostname.slice(1, -1));
  }
  return undefined;
}

/**
 * Whom a caller's limits are for: of an IPv6 address its network, since a caller who has one address there has all 2^64; of
 * anything else, a name or an IPv4 address, itself.
 */
export function callerOf(name: string): string {
  const address = name.includes(':') ? ipAddress(name) : undefined;
  if (address === undefined) return name;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - last.length;
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${all.slice(0, 4).join(':')}::/64`;
}

function unwrapped(address: string): string {
  const [whole, high = '0', low = '0'] = WRAPPED.exec(address) ?? [];
  if (whole === undefined) return address;
  const bytes = [high, low].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
  return bytes.join('.');
}
