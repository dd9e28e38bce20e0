import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { versionRelease } from './version-release.js';
import { ROOT, readManifest } from './workspaces.js';

let root: string;
const write = async (path: string, content: unknown): Promise<void> =>
  writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cflow-version-'));
  for (const folder of ['.changeset', 'packages/cli', 'packages/spec', 'packages/create']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await cp(join(ROOT, '.changeset/config.json'), join(root, '.changeset/config.json'));
  await write('package.json', { name: 'root', private: true, version: '0.0.0', workspaces: ['packages/*'] });
  await write('package-lock.json', { lockfileVersion: 3, packages: {} });
  const dependencies = { '@cflow/spec': '^1.0.0' };
  await write('packages/cli/package.json', { name: 'cflow', version: '1.0.0', dependencies });
  await write('packages/spec/package.json', { name: '@cflow/spec', version: '1.0.0' });
  await write('packages/create/package.json', { name: 'create-cflow', version: '1.0.0' });
});
afterEach(() => rm(root, { recursive: true }));

describe('a release', () => {
  it('gives all packages the version that its changes need, and says them in the changelog', async () => {
    await write('CHANGELOG.md', '# Changelog\n\n## 1.0.0 (2026-01-01)\n\n- First.\n');
    await write('.changeset/one.md', '---\n"@cflow/spec": minor\n---\n\nA field more.\n');
    expect(await versionRelease(root, 'packages/cli', '2026-02-01')).toBe('1.1.0');
    const [cli, spec] = await Promise.all(
      ['cli', 'spec'].map((name) => readManifest(join(root, 'packages', name))),
    );
    expect([cli?.version, spec?.version, cli?.dependencies]).toEqual([
      '1.1.0',
      '1.1.0',
      { '@cflow/spec': '^1.1.0' },
    ]);
    expect(await readFile(join(root, 'CHANGELOG.md'), 'utf8')).toBe(
      '# Changelog\n\n## 1.1.0 (2026-02-01)\n\n- A field more.\n\n## 1.0.0 (2026-01-01)\n\n- First.\n',
    );
    expect(await readdir(join(root, '.changeset'))).toEqual(['config.json']);
  });

  it('is the first where nothing else is described', async () => {
    await write('CHANGELOG.md', '# Changelog\n\n## 1.0.0 (unreleased)\n\n- First.\n');
    expect(await versionRelease(root, 'packages/cli', '2026-01-01')).toBe('1.0.0');
    expect(await readFile(join(root, 'CHANGELOG.md'), 'utf8')).toContain(
      '## 1.0.0 (2026-01-01)\n\n- First.\n',
    );
  });
});
