import { describe, expect, it } from 'vitest';
import { parseHeaderParameters } from './header-parameters.js';

const parsed = (header: string) => {
  const found = parseHeaderParameters(header);
  return found && [found.value, Object.fromEntries(found.parameters)];
};

describe('parseHeaderParameters', () => {
  it.each([
    ['form-data', ['form-data', {}]],
    ['Form-Data; name=a', ['form-data', { name: 'a' }]],
    ['form-data ; Name="a; b" ;\tfilename="ä.png" ; ', ['form-data', { name: 'a; b', filename: 'ä.png' }]],
    ["form-data; filename*=UTF-8''a", ['form-data', { 'filename*': "UTF-8''a" }]],
    [
      'multipart/form-data; charset=utf-8; boundary="x y"',
      ['multipart/form-data', { charset: 'utf-8', boundary: 'x y' }],
    ],
    ['form-data; name=', ['form-data', { name: '' }]],
    ['', ['', {}]],
  ])('reads %j', (header, expected) => {
    expect(parsed(header)).toEqual(expected);
  });

  it.each([
    'form-data; name="a',
    'form-data; name="a"b',
    'form-data; name=a b',
    'form-data; name',
    'form-data; ="a"',
    'form-data;; name=a',
    'form-data; na me=a',
  ])('refuses %j', (header) => {
    expect(parsed(header)).toBeUndefined();
  });

  it('looks at no character again and again', () => {
    for (const piece of [' ', ';', '; ', '"', '=', '; a=', '; a="', '\\"', ' ;\t', '\r']) {
      expect(visits(piece, 4000) / visits(piece, 1000)).toBeLessThan(5);
    }
  });
});

/** How often the characters of a header made of a piece are looked at, one by one or by a search that passes over them. */
function visits(piece: string, times: number): number {
  let count = 0;
  const text = `form-data; name="a"${piece.repeat(times)}x`;
  const watched = new Proxy(Object(text) as object, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) count++;
      const found: unknown = Reflect.get(target, key);
      if (typeof found !== 'function') return found;
      return (...given: never[]) => {
        const result: unknown = Reflect.apply(found, text, given);
        if (key === 'indexOf') {
          const from = Number(given[1] ?? 0);
          count += (Number(result) < 0 ? text.length : Number(result)) - from;
        }
        if (key === 'slice') count += String(result).length;
        return result;
      };
    },
  });
  parseHeaderParameters(watched as unknown as string);
  return count;
}
