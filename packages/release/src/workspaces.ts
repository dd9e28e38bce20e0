import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { glob } from 'tinyglobby';

export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** A package.json, as far as a release reads it. */
export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  keywords?: string[];
  files?: string[];
  exports?: Record<string, unknown>;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  [field: string]: unknown;
}

export interface Workspace {
  /** From the root, with `/`. */
  folder: string;
  manifest: Manifest;
}

export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The packages that are published, each after those that it depends on. */
export async function publishedWorkspaces(): Promise<Workspace[]> {
  const { workspaces } = (await readManifest(ROOT)) as unknown as { workspaces: string[] };
  const folders = await glob(workspaces, { cwd: ROOT, onlyDirectories: true, expandDirectories: false });
  const found = new Map<string, Workspace>();
  for (const each of folders.sort()) {
    const folder = each.replace(/\/$/, '');
    const manifest = await readManifest(join(ROOT, folder)).catch(() => undefined);
    if (manifest && manifest.private !== true) found.set(manifest.name, { folder, manifest });
  }
  return inOrder(found);
}

function inOrder(found: ReadonlyMap<string, Workspace>): Workspace[] {
  const ordered = new Set<Workspace>();
  const add = (workspace: Workspace): void => {
    for (const name of Object.keys(workspace.manifest.dependencies ?? {})) {
      const needed = found.get(name);
      if (needed && !ordered.has(needed)) add(needed);
    }
    ordered.add(workspace);
  };
  for (const workspace of found.values()) add(workspace);
  return [...ordered];
}
