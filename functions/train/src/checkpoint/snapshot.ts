import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isCheckpointFile } from './checkpoint-manifest.js';

/** Files of a run as they were at one moment. */
export interface Snapshot {
  files: { name: string; path: string; size: number; sha256: string }[];
  remove(): Promise<void>;
}

/**
 * Holds on to a run's checkpoint files, which the run replaces whenever it likes; undefined when there is nothing to
 * continue from. Links, not copies, as far as the file system has them.
 */
export async function takeSnapshot(runFolder: string, into: string): Promise<Snapshot | undefined> {
  const remove = () => rm(into, { recursive: true, force: true });
  await remove();
  try {
    const names = (await readdir(runFolder)).filter(isCheckpointFile).sort();
    if (!names.includes('run.json') || names.length < 2) return undefined;
    await mkdir(into, { recursive: true });
    const files: Snapshot['files'] = [];
    for (const name of names) {
      const path = join(into, name);
      await linkOrCopy(join(runFolder, name), path);
      files.push({ name, path, size: (await stat(path)).size, sha256: await fileHash(path) });
    }
    return { files, remove };
  } catch (error) {
    await remove();
    // The run was done, and took its folder away.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}
