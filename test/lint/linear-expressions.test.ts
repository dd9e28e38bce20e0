import { describe, expect, it } from 'vitest';
import { expressionsOf } from './expressions-of.js';
import { superLinear } from './super-linear.js';

describe('superLinear', () => {
  it.each([
    // What once read the headers of parts of forms: 16,000 blanks took it two seconds.
    /^form-data((?:\s*;\s*[\w-]+\*?=(?:"[^"]*"|[^";\s]*))*)\s*;?\s*$/i,
    /^\s*\s*$/,
    /a.*b.*c/,
    /\/+$/,
    /^(a+)+$/,
    /(?:a|ab|b)*c$/,
    /(?<!x)\s+$/,
  ])('finds %s', async ({ source, flags }) => {
    expect(await superLinear(source, flags)).toMatch(/polynomial|exponential/);
  });

  it.each([/^[a-z0-9]{1,64}$/, /(?<!\/)\/+$/, /;\s*boundary=([^\s;"]{1,70})/i, /^(?:a|b)*c$/])(
    'lets %s be',
    async ({ source, flags }) => {
      expect(await superLinear(source, flags)).toBeUndefined();
    },
  );
});

describe('expressionsOf', () => {
  it('finds literals and what is made of constants', () => {
    const content = [
      "const A = 'a+';",
      'const B = String.raw`\\d${A}`;',
      'export const found = [/x\\/y/gi, new RegExp(`(${B})`, "g"), RegExp(A)];',
      '// new RegExp(comment) and "/text/"',
    ].join('\n');
    expect(expressionsOf('a.ts', content).map(({ line, expression }) => [line, expression])).toEqual([
      [3, { source: 'x\\/y', flags: 'gi' }],
      [3, { source: '(\\da+)', flags: 'g' }],
      [3, { source: 'a+', flags: '' }],
    ]);
  });

  it('says of what is put together in a run that it cannot be read', () => {
    const content = 'export const made = (text: string) => new RegExp(`^${text}$`);';
    expect(expressionsOf('a.ts', content)).toEqual([
      { line: 1, text: 'new RegExp(`^${text}$`)', expression: undefined },
    ]);
  });
});
