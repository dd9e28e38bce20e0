// The packages of a release in a project that knows nothing of this repository: from a registry that has them and nothing that
// is not needed, and as files.
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRelease } from '../../packages/release/src/checks/check-release.js';
import { PUBLISHED_NAMES } from '../../packages/release/src/names.js';
import { completeOffline } from '../../packages/release/src/offline-folder.js';
import { type PackedPackage, packRelease } from '../../packages/release/src/pack-release.js';
import { findChromium } from '../support/chromium.js';
import { type EmptyProject, makeProject } from './empty-project.js';
import { entriesOf } from './entries.js';
import { type PackageRegistry, startRegistry } from './registry/package-registry.js';
import { lookAtStarter, makeStarter } from './starter.js';
import { tryPackages } from './try-packages.js';

const PLATFORM = `${process.platform}-${process.arch}`;
const ENGINE = `@cflow/onnxruntime-${PLATFORM}`;
let folder: string;
let packed: PackedPackage[];
let registry: PackageRegistry;
const projects: EmptyProject[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-packed-'));
  packed = await packRelease(folder, { names: PUBLISHED_NAMES, platforms: [PLATFORM] });
  registry = await startRegistry(packed);
}, 300_000);
afterAll(async () => {
  registry.close();
  for (const project of projects) await project.remove();
  await rm(folder, { recursive: true, force: true });
});

async function project(): Promise<EmptyProject> {
  const made = await makeProject({ registry });
  projects.push(made);
  return made;
}

describe('the packages of a release', () => {
  it('are all there, and fit to be published', async () => {
    const names = packed.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([ENGINE, 'cflow', '@cflow/sdk', '@cflow/spec']));
    expect(names.indexOf('@cflow/spec')).toBeLessThan(names.indexOf('@cflow/runtime'));
    expect(names.indexOf('@cflow/runtime')).toBeLessThan(names.indexOf('cflow'));
    expect(await checkRelease(packed)).toEqual([]);
  }, 120_000);
});

describe('an empty project', () => {
  it('installs the command and the SDK with no variable set, and trains and scores', async () => {
    const { folder: place, run } = await project();
    const made = projects.at(-1) as EmptyProject;
    await run('npm', 'install', 'cflow', '@cflow/sdk', '@cflow/viewer');
    expect(registry.elsewhere).toEqual([]);
    const engines = (await readdir(join(place, 'node_modules/@cflow'))).filter((name) =>
      /^onnx.*-/.test(name),
    );
    expect(engines).toEqual([`onnxruntime-${PLATFORM}`]);
    expect(await readdir(join(place, 'node_modules'))).not.toContain('onnxruntime-node');
    // Nor does any package of others have a script, which an installer would run or ask about.
    expect(await readFile(join(place, 'package-lock.json'), 'utf8')).not.toContain('"hasInstallScript"');
    const manifest = JSON.parse(await readFile(join(place, 'node_modules', ENGINE, 'package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('scripts');

    const entries = await entriesOf(packed);
    const used = await tryPackages(made, entries);
    expect(used.help).toMatch(/Usage: cflow/);
    expect(used.scores[0]).toBe(used.scores[1]);
    expect(used.page).toEqual(expect.arrayContaining(['/', '/docs']));
    expect(Object.keys(used.imported)).toEqual(entries.modules);
    expect(Object.keys(used.required)).toEqual(expect.arrayContaining(['@cflow/sdk', '@cflow/sdk/local']));
    for (const names of Object.values(used.imported)) expect(names.length).toBeGreaterThan(0);
  }, 300_000);

  it('installs from a folder of files, without a registry', async () => {
    await completeOffline(folder, packed, registry.url);
    const { folder: place, run } = await project();
    await cp(folder, place, { recursive: true });
    const asked = registry.requests();
    await run('npm', 'ci', '--offline');
    expect(registry.requests()).toBe(asked);
    const { stdout } = await run('node', 'node_modules/cflow/bin/cflow.js', 'doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ auto: 'cpu', versions: { 'onnxruntime-node': '1.30.0' } });
  }, 300_000);
});

describe.skipIf(findChromium() === undefined)('the starter (needs Chromium)', () => {
  it('is made, installed and built, and scores a picture on its page', async () => {
    const line = await makeStarter(await project());
    const { good, bad, label } = await lookAtStarter(line);
    expect(good).toMatch(/^(OK|NG): \d+\.\d\d of \d+\.\d\d$/);
    expect(bad).toMatch(/^NG: \d+\.\d\d of \d+\.\d\d$/);
    expect(label).toBe('bad');
    expect(registry.elsewhere).toEqual([]);
  }, 400_000);
});
