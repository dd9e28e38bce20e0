import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { npmPack } from '../npm.js';
import { ENGINE } from '../published-manifest.js';
import { ROOT } from '../workspaces.js';

export interface Upstream {
  version: string;
  /** The archive as npm's registry has it. */
  archive: string;
  /** Of the archive, as package-lock.json has it: `sha512-…`. */
  integrity: string;
}

/**
 * Fetches the archive of onnxruntime-node that package-lock.json pins, or takes it from npm's cache.
 *
 * @throws Error when its hash is another
 */
export async function fetchUpstream(into: string): Promise<Upstream> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const pinned = lock.packages[`node_modules/${ENGINE}`];
  if (!pinned) throw new Error(`package-lock.json pins no ${ENGINE}`);
  const { version, integrity } = pinned;
  const [file] = await npmPack([`${ENGINE}@${version}`, '--prefer-offline'], into);
  const archive = join(into, file as string);
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== integrity) {
    throw new Error(`${ENGINE} ${version}: expected ${integrity}, as package-lock.json has it, got ${found}`);
  }
  return { version, archive, integrity };
}
