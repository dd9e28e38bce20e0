// The page about serving lists every variable of the service: as many as there are, in the words of the schema.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceEnvironmentSchema } from '@cflow/predict/node';
import { expect, it } from 'vitest';
import { tableRows } from './markdown-links.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('docs/serving.md lists the variables of the service', () => {
  const page = readFileSync(join(ROOT, 'docs/serving.md'), 'utf8');
  const variables = Object.entries(serviceEnvironmentSchema.shape).map(([name, schema]) => [
    `\`${name}\``,
    schema.description,
  ]);
  expect(tableRows(page, 'variable')).toEqual(variables);
});
