import { expect, it } from 'vitest';
import { csvLine } from './csv-line.js';

it('quotes what needs it and runs no formulas', () => {
  expect(csvLine(['a,b', 'say "x"', 1.5, null, '=1+1', 'plain'])).toBe(`"a,b","say ""x""",1.5,,'=1+1,plain`);
});
