import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Everything that a module needs at run time, itself included, and what it takes from packages. */
function imported(file: string, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file)) return { files, packages };
  files.add(file);
  // Types are gone when it runs.
  const source = readFileSync(file, 'utf8').replace(/^(?:import|export) type [^;]*;$/gm, '');
  for (const [, name] of source.matchAll(/(?:\bfrom|\bimport\()\s*'([^']+)'/g)) {
    if (!name?.startsWith('.')) packages.add(name as string);
    else imported(resolve(dirname(file), name.replace(/\.js$/, '.ts')), files, packages);
  }
  return { files, packages };
}

it.each(['../index.ts', '../workerd.ts'])('%s takes nothing from Node, nor from what does', (entry) => {
  const index = fileURLToPath(new URL(entry, import.meta.url));
  const { files, packages } = imported(index);
  expect(files.size).toBeGreaterThan(40);
  expect([...files].every((file) => existsSync(file))).toBe(true);
  const nodes = [...packages].filter((name) =>
    /^node:|\/node$|^@hono\/node-server|^@cflow\/jobs|^pino|^sharp/.test(name),
  );
  expect(nodes).toEqual([]);
});
