// CONTRIBUTING.md says where things are. It is only worth something while they are there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Link, markdownLinks } from './markdown-links.js';
import { exportedDeclaration } from './source-file.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
const links = markdownLinks(page).filter(({ target }) => !/^(https?:|#)/.test(target));
const label = ({ line, text, target }: Link): string => `line ${line}: [${text}](${target})`;

describe('CONTRIBUTING.md', () => {
  it('leads to files that exist', () => {
    expect(links.filter(({ target }) => !existsSync(join(ROOT, target))).map(label)).toEqual([]);
  });

  it('leads to declarations that are in them', () => {
    const declarations = links.filter(({ text, target }) => text.startsWith('`') && target.endsWith('.ts'));
    expect(declarations.length).toBeGreaterThan(7);
    const missing = declarations.filter(
      ({ text, target }) => !exportedDeclaration(join(ROOT, target), text.replaceAll('`', '')),
    );
    expect(missing.map(label)).toEqual([]);
  });

  it('names files, outside of links too, that exist', () => {
    const paths = [...page.matchAll(/`((?:packages|functions|sdk|test)\/[\w./-]+\.ts)`/g)].map(
      ([, path]) => path as string,
    );
    expect(paths.length).toBeGreaterThan(2);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('begins where a first change would: the word is not known yet', () => {
    const words = readFileSync(join(ROOT, 'packages/images/src/vocabulary/words.ts'), 'utf8');
    expect(words).not.toMatch(/\bprima\b/);
    expect(words).toMatch(/const GOOD = /);
  });
});
