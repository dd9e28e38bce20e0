import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProject } from './create-project.js';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'cflow-create-'));
});
afterEach(() => rm(place, { recursive: true }));

describe('a new project', () => {
  it('is called as its folder, and depends on the release that made it', async () => {
    const folder = join(place, 'Line 7');
    await createProject(folder, '1.2.3');
    const { name, dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    expect(name).toBe('line-7');
    expect(dependencies).toMatchObject({ cflow: '^1.2.3', '@cflow/sdk': '^1.2.3' });
    expect(Object.values(dependencies)).not.toContain('same release');
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['.gitignore', 'README.md', 'page', 'server']),
    );
  });

  it('is written into an empty folder, that of a repository too, and over nothing', async () => {
    await mkdir(join(place, '.git'));
    await createProject(place, '1.2.3');
    await writeFile(join(place, 'server/main.js'), 'mine');
    await expect(createProject(place, '1.2.3')).rejects.toThrow(
      /expected a new or empty folder, got one with/,
    );
    expect(await readFile(join(place, 'server/main.js'), 'utf8')).toBe('mine');
  });
});
