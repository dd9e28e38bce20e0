import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TEMPLATE = fileURLToPath(new URL('../template/', import.meta.url));
/** In the template, of what is released together with it. */
const SAME_RELEASE = 'same release';
/** npm packs no `.gitignore`. */
const HIDDEN = ['_gitignore', '.gitignore'] as const;

interface ProjectManifest {
  name: string;
  dependencies: Record<string, string>;
  [field: string]: unknown;
}

/**
 * Writes a project into a folder that is not there yet, or empty.
 *
 * @param version Of this package, and of those that the project depends on
 * @throws Error when there is something in the folder
 */
export async function createProject(folder: string, version: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const there = (await readdir(folder)).filter((name) => name !== '.git');
  if (there.length > 0) {
    throw new Error(`${folder}: expected a new or empty folder, got one with ${there[0]}; name another`);
  }
  await cp(TEMPLATE, folder, { recursive: true });
  await rename(join(folder, HIDDEN[0]), join(folder, HIDDEN[1]));
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as ProjectManifest;
  manifest.name = packageName(folder);
  for (const [name, range] of Object.entries(manifest.dependencies)) {
    if (range === SAME_RELEASE) manifest.dependencies[name] = `^${version}`;
  }
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** What a package may be called, from what its folder is called. */
function packageName(folder: string): string {
  const plain = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
  return plain || 'inspection';
}
