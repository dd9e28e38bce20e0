import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm, npmPack } from '../../../packages/release/src/npm.js';
import type { PackageVersion } from './locked-packages.js';

let cache: Promise<string> | undefined;

/** The archive of a package: from npm's cache, where it lies by its hash since it was installed here, or fetched by npm. */
export async function cachedArchive({ name, version, integrity }: PackageVersion): Promise<Uint8Array> {
  const hex = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
  cache ??= npm(['config', 'get', 'cache', '--loglevel=error'], tmpdir()).then((text) => text.trim());
  const place = join(
    await cache,
    '_cacache/content-v2/sha512',
    hex.slice(0, 2),
    hex.slice(2, 4),
    hex.slice(4),
  );
  try {
    return await readFile(place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const folder = await mkdtemp(join(tmpdir(), 'cflow-fetched-'));
  try {
    const [file] = await npmPack([`${name}@${version}`], folder);
    return await readFile(join(folder, file as string));
  } finally {
    await rm(folder, { recursive: true });
  }
}
