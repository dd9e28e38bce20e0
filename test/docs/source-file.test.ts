import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportedDeclaration, exportedNames, hasTest } from './source-file.js';

const folder = mkdtempSync(join(tmpdir(), 'cflow-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('hasTest', () => {
  const path = file(
    'some.test.ts',
    `describe('outer', () => {
       it('adds two numbers', () => {});
       it.each([1, 2])('counts %i sheep, $name', () => {});
       it(\`sleeps \${hours} hours and %s\`, () => {});
       it.each(['$'])('%s is %s', () => {});
       it.skipIf(tired)('wakes up early', () => {});
       it.skip('was left behind', () => {});
       describe.todo('later', () => { it('is not yet there', () => {}); });
     });
     const group = { name: \`training trace, \${variant}\` };`,
  );

  it.each([
    'adds two numbers',
    'counts 3 sheep, Dolly',
    'counts %i sheep, $name',
    'sleeps 8 hours and a half',
    'wakes up early',
    'training trace, slow',
  ])('finds "%s"', (title) => {
    expect(hasTest(path, title)).toBe(true);
  });

  it.each([
    'adds two',
    'adds two numbers and more',
    'counts sheep',
    'outer',
    'was left behind',
    'is not yet there',
    'everything is fine',
  ])('does not find "%s"', (title) => {
    expect(hasTest(path, title)).toBe(false);
  });
});

describe('exports', () => {
  file('inner.ts', 'export const answer = 42;\nconst secret = 1;\nexport type Kind = string;');
  const path = file(
    'index.ts',
    `export * from './inner.js';
     export * as all from './inner.js';
     export { answer as reply, type Kind as Sort } from './inner.js';
     export function add(a: number, { b, c = 2 }: Options = {}): number { return a + b + c; }
     export class Adder { add(left: number): void {} }
     function hidden(): void {}`,
  );

  it('are followed through other modules', () => {
    expect([...exportedNames(path)].sort()).toEqual(
      ['Adder', 'Kind', 'add', 'all', 'answer', 'reply', 'Sort'].sort(),
    );
  });

  it('are known with their parameters', () => {
    expect(exportedDeclaration(path, 'add')).toEqual({ parameters: ['a', '{ b, c }'] });
    expect(exportedDeclaration(path, 'Adder.add')).toEqual({ parameters: ['left'] });
    expect(exportedDeclaration(path, 'Adder')).toEqual({ parameters: [] });
    for (const name of ['hidden', 'Adder.subtract', 'secret']) {
      expect(exportedDeclaration(path, name)).toBeUndefined();
    }
  });
});
