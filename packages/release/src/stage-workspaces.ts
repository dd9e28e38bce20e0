import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { glob } from 'tinyglobby';
import { publishedName, withPublishedNames } from './names.js';
import { npmPack } from './npm.js';
import { publishedManifest, type ReleaseSettings } from './published-manifest.js';
import { type Manifest, publishedWorkspaces, ROOT, type Workspace } from './workspaces.js';

/** What this repository's tests share, and is nobody else's. */
const TESTS = ['dist/testing.*', 'dist/**/testing/**', '**/*.test.*'];
const TEXTS = ['**/*.{js,cjs,mjs,ts,cts,tsx,json,md,html,map}'];
const LEGAL = ['LICENSE', 'NOTICE'];

export interface StagedPackage {
  /** As it is published. */
  name: string;
  version: string;
  /** What is packed, as it is. */
  folder: string;
}

/**
 * Lays out what is published of each workspace, in the order in which they may be published. What npm takes of a workspace
 * is the start, so that `files` means what it means everywhere.
 *
 * @param only Names as the sources have them; all by default
 */
export async function stageWorkspaces(
  into: string,
  settings: ReleaseSettings,
  only?: readonly string[],
): Promise<StagedPackage[]> {
  const all = await publishedWorkspaces();
  const versions = new Map(all.map(({ manifest }) => [manifest.name, manifest.version]));
  const workspaces = all.filter(({ manifest }) => only?.includes(manifest.name) ?? true);
  const raw = join(into, '.raw');
  await mkdir(raw, { recursive: true });
  const files = await npmPack(
    workspaces.map(({ folder }) => join(ROOT, folder)),
    raw,
  );
  const staged: StagedPackage[] = [];
  for (const [i, workspace] of workspaces.entries()) {
    const folder = join(into, workspace.manifest.name.replace('/', '-'));
    await mkdir(folder, { recursive: true });
    await extract({ file: join(raw, files[i] as string), cwd: folder, strip: 1 });
    staged.push(await finish(workspace, folder, versions, settings));
  }
  await rm(raw, { recursive: true });
  return staged;
}

async function finish(
  workspace: Workspace,
  folder: string,
  versions: ReadonlyMap<string, string>,
  settings: ReleaseSettings,
): Promise<StagedPackage> {
  for (const path of await glob(TESTS, { cwd: folder, dot: true })) await rm(join(folder, path));
  const manifest = publishedManifest(workspace, versions, settings);
  for (const path of await glob(TEXTS, { cwd: folder })) {
    const file = join(folder, path);
    const text = await readFile(file, 'utf8');
    const renamed = withPublishedNames(text, settings.names);
    if (renamed !== text) await writeFile(file, renamed);
  }
  await writeJson(join(folder, 'package.json'), manifest);
  await nameTemplate(join(folder, 'template/package.json'), settings);
  for (const name of LEGAL) await copyFile(join(ROOT, name), join(folder, name));
  return { name: manifest.name, version: manifest.version, folder };
}

/** The project that a starter writes depends on the published names, too. */
async function nameTemplate(file: string, { names }: ReleaseSettings): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const manifest = JSON.parse(text) as Manifest;
  const entries = Object.entries(manifest.dependencies ?? {});
  manifest.dependencies = Object.fromEntries(
    entries.map(([name, range]) => [publishedName(name, names), range]),
  );
  await writeJson(file, manifest);
}

const writeJson = (file: string, value: unknown): Promise<void> =>
  writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
