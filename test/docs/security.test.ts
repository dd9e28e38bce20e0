// The page about security names variables and defaults that there are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceEnvironmentSchema } from '@cflow/predict/node';
import { expect, it } from 'vitest';
import { tableRows } from './markdown-links.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
const SCHEMA: Readonly<Record<string, { description?: string | undefined }>> = serviceEnvironmentSchema.shape;

it('names variables that the service has', () => {
  const named = [...PAGE.matchAll(/\bCFLOW_[A-Z_]+\b/g)].map(([name]) => name);
  expect(named.filter((name) => !(name in SCHEMA))).toEqual([]);
});

it('says of each limit the default that the service says of it', () => {
  const rows = tableRows(PAGE, 'variable');
  expect(rows.length).toBeGreaterThan(10);
  for (const [names = '', given = ''] of rows) {
    for (const [, name = ''] of names.matchAll(/`(\w+)`/g)) {
      const said = /\(default:? (.*)\)$/.exec(SCHEMA[name]?.description ?? '')?.[1];
      // Where nothing is said, there is none.
      if (said === undefined) expect(given, name).toBe('none');
      else
        expect(said.startsWith(given), `${name}: "${given}", and its description says "${said}"`).toBe(true);
    }
  }
});
