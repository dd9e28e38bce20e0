import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetworks, isPublicAddress } from './networks.js';

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = (first: string, count: number) =>
  fc
    .array(octet, { minLength: count, maxLength: count })
    .map((rest) => [first, ...rest].filter(String).join('.'));
/** Addresses of the ranges that a service's own network may use, and of those that are nobody's. */
const innerIpv4 = fc.oneof(
  ipv4('0', 3),
  ipv4('10', 3),
  ipv4('127', 3),
  ipv4('169.254', 2),
  ipv4('192.168', 2),
  ipv4('192.0.0', 1),
  ipv4('198.18', 2),
  fc.integer({ min: 64, max: 127 }).chain((second) => ipv4(`100.${second}`, 2)),
  fc.integer({ min: 16, max: 31 }).chain((second) => ipv4(`172.${second}`, 2)),
  fc.integer({ min: 224, max: 255 }).chain((first) => ipv4(`${first}`, 3)),
);
const hex = (address: string) => {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
};
const group = fc.integer({ min: 0, max: 0xffff });
const ipv6 = (first: fc.Arbitrary<number>) =>
  fc
    .tuple(first, fc.array(group, { minLength: 7, maxLength: 7 }))
    .map(([head, rest]) => [head, ...rest].map((part) => part.toString(16)).join(':'));

describe('isPublicAddress', () => {
  it('knows no inner IPv4 address as public, however it is wrapped', () => {
    fc.assert(
      fc.property(innerIpv4, (address) => {
        const forms = [
          address,
          `::ffff:${address}`,
          `::ffff:${hex(address)}`,
          `::${hex(address)}`,
          `::ffff:0:${hex(address)}`,
          `64:ff9b::${hex(address)}`,
          `64:ff9b:1::${hex(address)}`,
          `2002:${hex(address)}::1`,
          `2001:0:${hex(address)}::1`,
        ];
        expect(forms.filter(isPublicAddress)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('knows no inner IPv6 address as public', () => {
    const inner = fc.oneof(
      ipv6(fc.integer({ min: 0xfc00, max: 0xfdff })), // unique local
      ipv6(fc.integer({ min: 0xfe80, max: 0xfeff })), // link and site local
      ipv6(fc.integer({ min: 0xff00, max: 0xffff })), // multicast
      ipv6(fc.integer({ min: 0, max: 0x1fff })),
      ipv6(fc.integer({ min: 0x4000, max: 0xffff })),
      fc.constantFrom('::', '::1', 'fe80::1%eth0', '2001:db8::1', '100::1', '5f00::1'),
    );
    fc.assert(
      fc.property(inner, (address) => {
        expect(isPublicAddress(address)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('knows public addresses', () => {
    const addresses = [
      '8.8.8.8',
      '1.1.1.1',
      '172.32.0.1',
      '100.128.0.1',
      '::ffff:8.8.8.8',
      '2606:4700::1111',
    ];
    expect(addresses.filter((address) => !isPublicAddress(address))).toEqual([]);
    // Where there is only IPv6, every host of the IPv4 internet looks like this.
    expect(isPublicAddress('64:ff9b::8.8.8.8')).toBe(true);
  });

  it.each(['', 'localhost', '0177.0.0.1', '0x7f.1', '2130706433', '127.1', '1.2.3.4.5', '::1::', '8.8.8.8 '])(
    'takes %j for no address',
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );
});

describe('createNetworks', () => {
  it('lets through the networks, addresses and hosts that are named', () => {
    const networks = createNetworks(['10.1.0.0/16', '127.0.0.1', 'fd00::/8', '[::1]:9000', 'Store:9000']);
    const allows = (host: string, port: number, address: string) => networks.allows({ host, port }, address);
    expect(allows('a', 80, '10.1.2.3')).toBe(true);
    expect(allows('a', 80, '::ffff:10.1.2.3')).toBe(true);
    expect(allows('a', 80, '10.2.2.3')).toBe(false);
    expect(allows('a', 80, '127.0.0.1')).toBe(true);
    expect(allows('a', 80, '127.0.0.2')).toBe(false);
    expect(allows('a', 80, 'fd12::1')).toBe(true);
    expect(allows('store', 9000, '192.168.0.9')).toBe(true);
    expect(allows('store', 9001, '192.168.0.9')).toBe(false);
    expect(allows('::1', 9000, '::1')).toBe(true);
    expect(allows('::1', 80, '::1')).toBe(false);
  });

  it.each(['store', '10.0.0.0/33', 'http://a:1', ''])('refuses %j', (entry) => {
    expect(() => createNetworks([entry])).toThrow(/not an inner network/);
  });
});
