// Packages as they would be published.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

export interface PackedPackage {
  name: string;
  /** Of its sources. */
  folder: string;
  tarball: string;
}

/** Packs workspaces that are not private into a folder; all of them, or those named. */
export async function packWorkspaces(into: string, names: readonly string[] = []): Promise<PackedPackage[]> {
  const only = names.length > 0 ? names.map((name) => `--workspace=${name}`) : ['--workspaces'];
  const { stdout } = await run(
    'npm',
    ['pack', ...only, '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', into],
    { cwd: ROOT, maxBuffer: 2 ** 26 },
  );
  const packed = JSON.parse(stdout) as { name: string; filename: string }[];
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { resolved?: string; link?: boolean }>;
  };
  const found: PackedPackage[] = [];
  for (const { name, filename } of packed) {
    const folder = join(ROOT, lock.packages[`node_modules/${name}`]?.resolved as string);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      private?: boolean;
    };
    if (!manifest.private) found.push({ name, folder, tarball: join(into, filename) });
  }
  return found;
}
