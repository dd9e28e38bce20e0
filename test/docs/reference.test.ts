// The page about the reference quotes files, declarations and tests. It is only worth something while they exist.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { detectorConfigurationSchema } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { type Link, markdownLinks, tableRows } from './markdown-links.js';
import { exportedDeclaration, exportedNames, hasTest } from './source-file.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = join(ROOT, 'docs/reference.md');
const page = readFileSync(PAGE, 'utf8');
const links = markdownLinks(page).filter(({ target }) => !/^(https?:|#)/.test(target));

const pathOf = ({ target }: Link): string => join(dirname(PAGE), target);
const isCode = ({ text }: Link): boolean => text.startsWith('`');
const code = ({ text }: Link): string => text.replaceAll('`', '');
const isSource = (link: Link): boolean => /^packages\/[^/]+\/src\/.*\.ts$/.test(relative(ROOT, pathOf(link)));
const label = ({ line, text, target }: Link): string => `line ${line}: [${text}](${target})`;

describe('docs/reference.md', () => {
  const declarations = links.filter((link) => isCode(link) && !code(link).startsWith('--') && isSource(link));
  const options = links.filter((link) => isCode(link) && code(link).startsWith('--'));
  const tests = links.filter((link) => !isCode(link) && link.target.endsWith('.ts'));

  it('quotes plenty', () => {
    expect(declarations.length).toBeGreaterThan(40);
    expect(options.length).toBeGreaterThan(10);
    expect(tests.length).toBeGreaterThan(60);
  });

  it('quotes files that exist', () => {
    expect(links.filter((link) => !existsSync(pathOf(link))).map(label)).toEqual([]);
  });

  it('quotes tests that exist and are not skipped', () => {
    expect(tests.filter((link) => !hasTest(pathOf(link), link.text)).map(label)).toEqual([]);
  });

  it('quotes declarations with the parameters that they have', () => {
    const wrong = declarations.flatMap((link) => {
      const [, name = '', parameters] = /^([\w.]+)(?:\((.*)\))?$/.exec(code(link)) ?? [];
      const found = exportedDeclaration(pathOf(link), name);
      if (!found) return [`${label(link)}: no such export`];
      if (parameters === undefined || found.parameters.join(', ') === parameters) return [];
      return [`${label(link)}: it takes (${found.parameters.join(', ')})`];
    });
    expect(wrong).toEqual([]);
  });

  it('says where to import each declaration from', () => {
    const exported = new Map<string, Set<string>>();
    const wrong = declarations.flatMap((link) => {
      const [, place] = /^, (internal|from `@cflow\/[a-z]+(?:\/[a-z]+)?`)/.exec(link.after) ?? [];
      if (place === undefined) return [`${label(link)}: neither ", from \`…\`" nor ", internal" follows`];
      if (place === 'internal') return [];
      const [, name = '', part = 'index'] = /@cflow\/([a-z]+)(?:\/([a-z]+))?/.exec(place) ?? [];
      const entry = join(ROOT, 'packages', name, 'src', `${part}.ts`);
      const names = exported.get(entry) ?? exportedNames(entry);
      exported.set(entry, names);
      return names.has(code(link).split(/[.(]/)[0] as string) ? [] : [`${label(link)}: not ${place}`];
    });
    expect(wrong).toEqual([]);
  });

  it('quotes options of the command line that exist', () => {
    const missing = options.filter(
      (link) => !new RegExp(`['"]([^'"]*, )?${code(link)}[ '"]`).test(readFileSync(pathOf(link), 'utf8')),
    );
    expect(missing.map(label)).toEqual([]);
  });

  it('lists every field of the configuration, with its default', () => {
    const rows = tableRows(page, 'Parameter').map(([, , field = '', value = '']) => [
      field.replaceAll('`', ''),
      value.replaceAll('`', '').replace(/ .*/, ''),
    ]);
    const defaults = Object.entries(detectorConfigurationSchema.parse({})).map(([field, value]) => [
      field,
      JSON.stringify(value).replaceAll('"', "'"),
    ]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(defaults));
    expect(rows).toHaveLength(defaults.length);
  });
});
