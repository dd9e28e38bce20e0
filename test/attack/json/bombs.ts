/** A JSON value of about so many bytes, as text. */
export type Bomb = (bytes: number) => string;

const filled =
  (open: string, each: string, close: string): Bomb =>
  (bytes) => {
    const count = Math.max(1, Math.floor(bytes / each.length));
    return open + each.repeat(count).slice(0, -1) + close;
  };

const keyed =
  (value: string): Bomb =>
  (bytes) => {
    const members: string[] = [];
    for (let length = 0, i = 0; length < bytes; i++) {
      const member = `"k${i}":${value}`;
      members.push(member);
      length += member.length + 1;
    }
    return `{${members.join(',')}}`;
  };

/** Values that cost their reader more than their sender. */
export const BOMBS: Readonly<Record<string, Bomb>> = {
  numbers: filled('[', '0,', ']'),
  'fractions with exponents': filled('[', '-1.25e-7,', ']'),
  texts: filled('[', '"a",', ']'),
  'empty records': filled('[', '{},', ']'),
  'records like images': filled('[', '{"base64":"AAAA"},', ']'),
  'empty arrays': filled('[', '[],', ']'),
  nulls: filled('[', 'null,', ']'),
  'keys of their own': keyed('0'),
  'records under keys': keyed('{"a":[]}'),
  'one key again and again': (bytes) => `{${'"a":1,'.repeat(Math.floor(bytes / 6))}"a":1}`,
  __proto__: (bytes) => `{${'"__proto__":{},'.repeat(Math.floor(bytes / 15))}"constructor":{}}`,
  'deep arrays': (bytes) => '['.repeat(bytes >> 1) + ']'.repeat(bytes >> 1),
  'deep records': (bytes) => `${'{"a":'.repeat(Math.floor(bytes / 6))}0${'}'.repeat(Math.floor(bytes / 6))}`,
  'a long text': (bytes) => `"${'a'.repeat(bytes)}"`,
  'a long text of escapes': (bytes) => `"${'\\u0061'.repeat(Math.floor(bytes / 6))}"`,
  'a long text in base64': (bytes) => `"${'AAAA'.repeat(bytes >> 2)}"`,
  'blanks in base64': (bytes) => `"${' A='.repeat(Math.floor(bytes / 3))}"`,
  'a long number': (bytes) => '1'.repeat(bytes),
  'a long fraction': (bytes) => `0.${'3'.repeat(bytes)}`,
  'a number too large': () => '1e999999999',
  'a long key': (bytes) => `{"${'k'.repeat(bytes)}":0}`,
  blanks: (bytes) => `${' '.repeat(bytes)}0`,
};
