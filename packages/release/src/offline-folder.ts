// A folder that installs where there is no registry: the packages of a release, those of others that they need, and a lock file
// that finds each of them in the folder.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { npm, npmPack } from './npm.js';
import type { PackedPackage } from './pack-release.js';

/** Where the packages of others lie. */
const OTHERS = 'others';

interface Lock {
  packages: Record<string, { version?: string; resolved?: string; integrity?: string; name?: string }>;
}

/**
 * Adds to the folder of a packed release what is needed to install it with `npm ci --offline`, on every platform whose package
 * of ONNX Runtime is there.
 *
 * @param packed What was packed into the folder
 * @param registry Where the packages of others come from; by default the one that npm is set to
 */
export async function completeOffline(
  folder: string,
  packed: readonly PackedPackage[],
  registry?: string,
): Promise<void> {
  const from = registry === undefined ? [] : [`--registry=${registry}`];
  const files = packed.map(({ name, tarball }) => [
    name,
    `file:${relative(folder, tarball).replaceAll('\\', '/')}`,
  ]);
  const [engines, others] = [true, false].map((engine) =>
    Object.fromEntries(files.filter(([name = '']) => /\/onnxruntime-/.test(name) === engine)),
  );
  const manifest = { name: 'offline', private: true, dependencies: others, optionalDependencies: engines };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await npm(['install', '--package-lock-only', '--ignore-scripts', '--loglevel=error', ...from], folder);
  const file = join(folder, 'package-lock.json');
  const lock = JSON.parse(await readFile(file, 'utf8')) as Lock;
  const place = join(folder, OTHERS);
  await mkdir(place, { recursive: true });
  const wanted = Object.entries(lock.packages).filter(
    ([, { integrity, resolved }]) => integrity !== undefined && !resolved?.startsWith('file:'),
  );
  const specs = wanted.map(([path, { name = nameAt(path), version }]) => `${name}@${version}`);
  const unique = [...new Set(specs)];
  const archives = await npmPack([...unique, ...from], place);
  for (const [i, [, entry]] of wanted.entries()) {
    entry.resolved = `file:${OTHERS}/${archives[unique.indexOf(specs[i] as string)]}`;
  }
  await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
}

/** Of a package at its path in a lock file. */
const nameAt = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
