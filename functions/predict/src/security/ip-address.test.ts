import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerOf, ipAddress } from './ip-address.js';
import { RateLimiter } from './rate-limiter.js';

it.each([
  ['203.0.113.9', '203.0.113.9'],
  [' 203.0.113.9 ', '203.0.113.9'],
  ['203.0.113.9:51234', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:cb00:7109', '203.0.113.9'],
  ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
  ['0000:0000:0000:0000:0000:ffff:cb00:7109', '203.0.113.9'],
  ['[::ffff:203.0.113.9]:80', '203.0.113.9'],
  ['64:ff9b::203.0.113.9', '203.0.113.9'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%25eth0]:443', 'fe80::1'],
  ['::1', '::1'],
  ['::', '::'],
])('%s is the address %s', (text, address) => {
  expect(ipAddress(text)).toBe(address);
});

it.each([
  '',
  'unknown',
  '999.1.1.1',
  '1.2.3',
  '1.2.3.4.5',
  'a.b.c.d',
  '2001:db8',
  '[::1',
  ':::',
  '127.1',
  '0x7f.1.1.1',
  '1.2.3.4:x',
  '[1.2.3.4]',
  '1::2::3',
])('"%s" is none', (text) => {
  expect(ipAddress(text)).toBeUndefined();
});

it('is stable, and an address to Node too, whatever is written', () => {
  const part = fc.constantFrom(
    '0',
    '1',
    'ffff',
    'FFFF',
    'db8',
    '::',
    ':',
    '.',
    '%',
    '[',
    ']',
    '255',
    '10',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(part, { maxLength: 16 }).map((all) => all.join('')),
        fc.ipV6(),
        fc.ipV4(),
      ),
      (text) => {
        const address = ipAddress(text);
        if (address === undefined) {
          expect(isIP(text)).toBe(0);
          return;
        }
        expect(isIP(address)).toBeGreaterThan(0);
        expect(ipAddress(address)).toBe(address);
        expect(callerOf(callerOf(address))).toBe(callerOf(address));
      },
    ),
  );
});

describe('a limit', () => {
  it('is that of an IPv6 network, and of all spellings of an address together', () => {
    expect(
      new Set(['2001:db8:1:2::1', '2001:DB8:1:2:ffff::', '2001:db8:1:2:a:b:c:d'].map(callerOf)).size,
    ).toBe(1);
    expect(new Set(['2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8::1', '::1'].map(callerOf)).size).toBe(4);
    expect(callerOf('2001:db8::1')).toBe('2001:db8:0:0::/64');
    expect(callerOf('::ffff:203.0.113.9')).toBe('203.0.113.9');
    for (const name of ['camera', 'anyone', '203.0.113.9', 'a.b@c']) expect(callerOf(name)).toBe(name);
  });

  it('is not to be had anew with another address of the same network', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 2 }, () => 0);
    const allowed = Array.from(
      { length: 1000 },
      (_, i) => limiter.take(`2001:db8::${i.toString(16)}`)?.allowed,
    );
    expect(allowed.filter(Boolean)).toHaveLength(2);
    expect(limiter.size).toBe(1);
    expect(limiter.take('2001:db8:0:1::1')?.allowed).toBe(true);
  });
});
