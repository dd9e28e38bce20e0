import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EACH, type LargeValues } from './json-document.js';
import { JSON_LIMITS, JsonScanner } from './json-scanner.js';
import { parseJson } from './read-json.js';

const IMAGES: LargeValues = { base64: [['images', EACH, 'base64']] };
const TENSORS: LargeValues = { data: [['inputs', EACH, 'data']] };

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function scan(text: string | Uint8Array, large: LargeValues = {}, size = Number.POSITIVE_INFINITY) {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const scanner = new JsonScanner(large);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  return scanner.end();
}

/** What became of the values that were taken out, in their places. */
function image(text: string, size?: number) {
  const document = scan(text, IMAGES, size);
  const [first] = (document.value as { images: { base64: string }[] }).images;
  return document.bytesOf(first?.base64 as string);
}
function data(text: string, size?: number) {
  const document = scan(`{"inputs": [{"name": "x", "data": ${text}}]}`, TENSORS, size);
  const [first] = (document.value as { inputs: { data: unknown[] }[] }).inputs;
  return document.dataOf(first?.data as unknown[]);
}

describe('JsonScanner', () => {
  it('reads what JSON.parse reads, however it is cut', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 1, max: 9 }), (text, size) => {
        expect(scan(text, { ...IMAGES, ...TENSORS }, size).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '{"a": 1, "a": 2}',
    '{"__proto__": {"x": 1}}',
    '"\\ud800"',
    '[1e400, -0, 123456789012345678901234567890]',
    ' \n{"\\u0061": [true, null, "\\\\\\""]} ',
    '{"images": {"base64": "AAAA"}}',
    '{"images": [{"image": {"base64": "AAAA"}}]}',
  ])('gives the value of %s as it is', (text) => {
    const { value } = scan(text, IMAGES, 1);
    expect(value).toEqual(JSON.parse(text));
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('takes a byte-order mark for nothing', () => {
    expect(scan(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)).value).toBe(1);
  });

  it.each([
    '',
    '{',
    '}',
    '[1',
    '{"a"',
    '{"a": "',
    'NaN',
    '[1 2]',
    '{"images": [{"base64" "AAAA"}]}',
    '{"images": [{"base64": "AAAA" 1}]}',
    '{"images": [{"base64": "AAAA"',
    '{"images": [{"base64": "AA',
    '{"inputs": [{"data": [1 2]}]}',
    '{"inputs": [{"data": [01]}]}',
    '{"inputs": [{"data": [1.]}]}',
    '{"inputs": [{"data": [1,]}]}',
    '{"inputs": [{"data": [,1]}]}',
    '{"inputs": [{"data": [[1]}]}',
    '{"inputs": [{"data": [1]]}]}',
    '{"inputs": [{"data": [1, "AAAA]}]}',
    '{"inputs": [{"data": [+1]}]}',
  ])('refuses %s', (text) => {
    for (const size of [1, 3, 1000]) {
      expect(() => scan(text, { ...IMAGES, ...TENSORS }, size)).toThrow(/not JSON|^expected .*data/);
    }
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(() => scan(Uint8Array.of(0x22, 0xff, 0x22))).toThrow('not JSON in UTF-8');
  });

  it.each<[string, string, RegExp]>([
    ['100,000 levels', '['.repeat(100_000), /at most 32 deep/],
    ['100,000 levels of objects', '{"a":'.repeat(100_000), /at most 32 deep/],
    ['a million zeros', `[${'0,'.repeat(1_000_000)}0]`, /at most 4096 values/],
    [
      '200,000 keys',
      `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":0`).join()}}`,
      /at most 4096 values/,
    ],
    ['a long key', `{"${'k'.repeat(300)}": 0}`, /keys of at most 256 bytes/],
    ['a long text', `"${'x'.repeat(JSON_LIMITS.bytes)}"`, /at most 1048576 bytes of JSON/],
    ['nothing but spaces', ' '.repeat(JSON_LIMITS.bytes + 1), /at most 1048576 bytes of JSON/],
    ['a long number', '1'.repeat(JSON_LIMITS.bytes + 1), /at most 1048576 bytes of JSON/],
    ['an array in many dimensions', `{"inputs":[{"data":${'['.repeat(9)}`, /at most 8 dimensions/],
    ['many texts as data', `{"inputs":[{"data":[${'"",'.repeat(65)}`, /at most 64 texts/],
    ['a long number as data', `{"inputs":[{"data":[${'1'.repeat(65)}`, /a number/],
  ])('refuses %s', (_, text, message) => {
    expect(() => scan(text, TENSORS, 10_000)).toThrow(message);
  });

  it('says which part of a request is not JSON', () => {
    expect(() => parseJson(bytesOf('{'), 'job')).toThrow('job: expected JSON in UTF-8');
  });
});

describe('images in JSON', () => {
  it('become bytes, however the text is cut and escaped', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        (bytes, size, padded) => {
          const text = Buffer.from(bytes)
            .toString('base64')
            .replaceAll('/', '\\/')
            .replaceAll('+', '\\u002B');
          const json = `{"images": [{"base64": "${padded ? text : text.replaceAll('=', '')}"}]}`;
          expect(image(json, size)).toEqual(bytes);
        },
      ),
    );
  });

  it('are taken as their writers make them: in either alphabet, in lines, as data URIs', () => {
    const inLines = (text: string, end: string): string => text.replaceAll(/.{1,16}/g, `$&${end}`);
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 50 }), (each, size) => {
        const text = Buffer.from(each).toString('base64');
        for (const written of [
          Buffer.from(each).toString('base64url'),
          inLines(text, '\\r\\n'),
          `  ${inLines(text, '\\n')}`,
          inLines(text, '\\t '),
          `data:image/png;base64,${text}`,
          `\\nDATA:image/svg+xml;charset=utf-8;BASE64,${inLines(text, '\\u000a')}`,
          `data:;base64,${text.replaceAll('=', '')}`,
        ]) {
          expect(image(`{"images": [{"base64": "${written}"}]}`, size), written).toEqual(each);
        }
      }),
    );
  });

  it('may begin with the letters that a data URI begins with', () => {
    for (const text of ['data', 'dat0', 'DATA', 'dataAAAA', 'daAA', 'dA==']) {
      expect(image(`{"images": [{"base64": "${text}"}]}`), text).toEqual(
        new Uint8Array(Buffer.from(text, 'base64')),
      );
    }
  });

  it('are decoded in pieces, into a buffer of their length', () => {
    const bytes = Uint8Array.from({ length: 3_000_001 }, (_, i) => (i * 31 + (i >> 7)) & 255);
    const found = image(`{"images": [{"base64": "${Buffer.from(bytes).toString('base64')}"}]}`, 65_536);
    expect(found?.buffer.byteLength).toBe(bytes.length);
    expect(Buffer.compare(found as Uint8Array, bytes)).toBe(0);
  });

  it.each([
    'a',
    'ab=',
    '====',
    'a b=',
    'AA=\\n=A',
    'dataAA:A',
    'data:image/png,AAAA',
    'data:base64,AAAA',
    'data:;base64',
    `data:${'x'.repeat(300)};base64,AAAA`,
    'A\tAAA',
    'A\\bAAA',
    'AB==',
    'äöü',
    '\\u0000AAA',
    '\\u1041AAA',
  ])('are none in %s', (text) => {
    for (const size of [1, 5, 1000])
      expect(image(`{"images": [{"base64": "${text}"}]}`, size)).toBeUndefined();
  });

  it('are found whatever their key is spelt like, and the last of two counts', () => {
    const found = image(
      '{"images": [0], "\\u0069mages": [{"base64": "AAAA", "bas\\u00656\\u0034": "\\u0042AAA"}]}',
      1,
    );
    expect(found).toEqual(Uint8Array.of(4, 0, 0));
  });

  it('leave a text that only looks like a sign where it is', () => {
    const { value } = scan('{"images": [{"base64": "0"}], "note": "0"}', IMAGES);
    expect(value).toMatchObject({ note: '0' });
    expect(image('{"images": [{"base64": "0"}]}')).toBeUndefined();
  });
});

describe('tensors in JSON', () => {
  it('become bytes with their shape', () => {
    for (const size of [1, 7, 1000]) {
      expect(data('[[[0, 1 ,2],[3,40,255]]]', size)).toEqual({
        shape: [1, 2, 3],
        count: 6,
        numbers: Uint8Array.of(0, 1, 2, 3, 40, 255),
        texts: [],
      });
      expect(data('[1.0, 2e1,-0,100,99,7]', size).numbers).toEqual(Uint8Array.of(1, 20, 0, 100, 99, 7));
    }
  });

  it.each([
    ['[]', [0], Uint8Array.of()],
    ['[[], []]', [2, 0], Uint8Array.of()],
    ['[[1], [2, 3]]', undefined, Uint8Array.of(1, 2, 3)],
    ['[1, [2]]', undefined, Uint8Array.of(1, 2)],
    ['[[1], 2]', undefined, Uint8Array.of(1, 2)],
    ['[[], 2]', undefined, Uint8Array.of(2)],
  ])('%s has the shape %s', (text, shape, numbers) => {
    expect(data(text)).toMatchObject({ shape, numbers });
  });

  it.each(['[256]', '[1,-1]', '[0.5]', '[1e99]', '[[0, 1000]]'])('refuse %s', (text) => {
    for (const size of [1, 1000]) expect(() => data(text, size)).toThrow('whole number from 0 to 255');
  });

  it('are read whatever they are, as JSON.parse does', () => {
    const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 256 }), fc.double({ noNaN: true })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 9 }), (numbers, size) => {
        const text = JSON.stringify(numbers);
        const expected = JSON.parse(text) as number[];
        const fit = expected.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
        if (fit)
          expect(data(text, size)).toMatchObject({
            count: expected.length,
            numbers: Uint8Array.from(expected),
          });
        else expect(() => data(text, size)).toThrow('whole number');
      }),
    );
  });

  it('may be files in base64', () => {
    expect(data('[["AAAA"], ["/w"], ["?"]]', 2)).toEqual({
      shape: [3, 1],
      count: 3,
      numbers: undefined,
      texts: [Uint8Array.of(0, 0, 0), Uint8Array.of(255), undefined],
    });
  });
});
