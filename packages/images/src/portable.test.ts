import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

it.each(['@cflow/images', '@cflow/images/portable'])('%s imports nothing of Node', (name) => {
  const outside = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    expect(source).not.toMatch(/\bBuffer\b|\bprocess\./);
    for (const [, found = ''] of source.matchAll(/(?:from|import) ?\(?["']([^"'\n]+)["']/g)) {
      if (found.startsWith('.')) visit(join(dirname(file), found));
      else outside.add(found);
    }
  };
  visit(createRequire(import.meta.url).resolve(name));
  const allowed = ['@cflow/spec', '@jsquash/jpeg/codec/dec/mozjpeg_dec.js'];
  expect(allowed).toEqual(expect.arrayContaining([...outside]));
  expect(seen.size).toBeGreaterThan(1);
});
