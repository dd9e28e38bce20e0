import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../../packages/release/src/workspaces.js';

/** What a registry tells of a version, and package-lock.json as well. */
export interface PackageVersion {
  name: string;
  version: string;
  integrity: string;
  [field: string]: unknown;
}

interface LockEntry {
  name?: string;
  version?: string;
  integrity?: string;
  link?: boolean;
}

/** Of a path in a lock file, what a registry has no word for. */
const OF_THE_LOCK = ['resolved', 'dev', 'devOptional', 'optional', 'peer', 'inBundle', 'extraneous'];

/** Every package of others that package-lock.json pins. */
export async function lockedPackages(): Promise<PackageVersion[]> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>;
  };
  const found = new Map<string, PackageVersion>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    const { version, integrity } = entry;
    if (version === undefined || integrity === undefined) continue;
    const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const told = Object.entries(entry).filter(([field]) => !OF_THE_LOCK.includes(field));
    found.set(`${name}@${version}`, { ...Object.fromEntries(told), name, version, integrity });
  }
  return [...found.values()];
}
