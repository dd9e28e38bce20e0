import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

it.each(['@cflow/runtime', '@cflow/runtime/web'])('%s imports nothing of Node and no engine', (name) => {
  const entry = createRequire(import.meta.url).resolve(name);
  const seen = new Set<string>();
  const outside = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:from|import) ?\(?["']([^"']+)["']/g,
    )) {
      if (name.startsWith('.')) visit(join(dirname(file), name));
      else outside.add(name);
    }
  };
  visit(entry);
  expect(['@cflow/onnx', '@cflow/onnx/tensor', '@cflow/spec']).toEqual(expect.arrayContaining([...outside]));
  expect(seen.size).toBeGreaterThan(1);
});
