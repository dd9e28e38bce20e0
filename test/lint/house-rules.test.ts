// The rules that lint has from this house: a node that the parser came to name otherwise would let everything pass in silence.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-lint-'));
  const plugins = ['private-names', 'present-elements'].map((name) =>
    fileURLToPath(new URL(`${name}.grit`, import.meta.url)),
  );
  await writeFile(
    join(folder, 'biome.json'),
    JSON.stringify({ plugins, linter: { rules: { preset: 'none' } } }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** What lint says of a source file, by these rules alone. */
async function complaints(source: string): Promise<string> {
  await writeFile(join(folder, 'example.ts'), source);
  const { stdout, stderr } = spawnSync(process.execPath, [BIOME, 'lint', 'example.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stdout + stderr).toContain('Checked 1 file');
  return stdout + stderr;
}

describe('lint', () => {
  it('finds an element whose type is told, and leaves sizes of a graph', async () => {
    const rule = /expected ! after an element/;
    expect(await complaints('export const f = (list: number[]) => list[0] as number;\n')).toMatch(rule);
    expect(await complaints('export const f = (list: number[]) => list[0]!;\n')).not.toMatch(rule);
    expect(await complaints('export const f = (t: Tensor) => t.data[0] as number;\n')).not.toMatch(rule);
  });

  it('finds names that only say that they are private, also in a constructor, and leaves constructors', async () => {
    const rule = /expected a name with #/;
    expect(await complaints('export class A {\n  private a = 1;\n}\n')).toMatch(rule);
    expect(await complaints('export class A {\n  constructor(private readonly a: number) {}\n}\n')).toMatch(
      rule,
    );
    expect(await complaints('export class A {\n  #a = 1;\n\n  private constructor() {}\n}\n')).not.toMatch(
      rule,
    );
  });
});
