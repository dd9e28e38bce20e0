import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('the sources', () => {
  it('use no function of Math whose last bits ECMAScript leaves to the engine', () => {
    const folder = new URL('.', import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    expect(sources.length).toBeGreaterThan(20);
    const exact = new Set(['abs', 'ceil', 'floor', 'fround', 'imul', 'max', 'min', 'sqrt']);
    for (const name of sources) {
      const code = readFileSync(new URL(name, folder), 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
      for (const [, used] of code.matchAll(/\bMath\.(\w+)/g)) expect(exact, name).toContain(used);
      expect(code, name).not.toMatch(/\*\*/);
    }
  });
});
