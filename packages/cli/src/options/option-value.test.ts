import { describe, expect, it } from 'vitest';
import { byteSize, imageSize, integer, integerOrNone, nameList, rate } from './option-value.js';

describe('option values', () => {
  it('reads sizes in bytes, decimal and binary', () => {
    expect(['2GiB', '500MB', '1.5k', '10', '3 TiB', '7B'].map(byteSize)).toEqual([
      2 ** 31,
      5e8,
      1500,
      10,
      3 * 2 ** 40,
      7,
    ]);
    for (const text of ['', 'GiB', '-1', '2 gigs', '1e9']) expect(() => byteSize(text)).toThrow('size');
  });

  it('reads image sizes as height x width', () => {
    expect([imageSize('256'), imageSize('256x384')]).toEqual([
      [256, 256],
      [256, 384],
    ]);
    for (const text of ['0', '256x', 'x', '1.5', '256x384x3'])
      expect(() => imageSize(text)).toThrow('HEIGHTxWIDTH');
  });

  it('reads whole numbers within their range', () => {
    expect(integer(1)('12')).toBe(12);
    for (const text of ['0', '1.5', '', 'one', '0x10', '99999999999999999999']) {
      expect(() => integer(1)(text)).toThrow('at least 1');
    }
    expect(() => integer(0, 5)('6')).toThrow('from 0 to 5');
    expect([integerOrNone('none'), integerOrNone('3')]).toEqual(['none', 3]);
  });

  it('reads rates and lists', () => {
    expect(rate('0.01')).toBe(0.01);
    for (const text of ['0', '1', 'NaN', '']) expect(() => rate(text)).toThrow();
    expect(nameList('a, b,c')).toEqual(['a', 'b', 'c']);
    expect(() => nameList('a,,b')).toThrow('commas');
  });
});
