import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BundleError, nearNames } from '@cflow/spec';
import type { BundleSource, FileDigest } from './bundle.js';
import { MAX_HEADER_BYTES } from './inspect-bundle.js';
import { asideOf, isFolder } from './replace-folder.js';
import { storageErrorOf } from './storage-error.js';

/**
 * A bundle in a folder. While a new one takes its place, or when the process that did it died half-way, the folder is
 * away for a moment; the old bundle, which then lies beside it, is read instead.
 */
export function folderBundle(folder: string): BundleSource {
  const target = resolve(folder);
  const present = async (): Promise<string> => ((await isFolder(target)) ? target : asideOf(target));
  return {
    name: basename(target),
    path: async (file) => join(await present(), file),
    read: (file) => attempt(file, (path) => readFile(path)),
    digest: (file) => attempt(file, digestOf),
  };

  async function attempt<T>(file: string, work: (path: string) => Promise<T>): Promise<T> {
    // Three times, since the replacement may begin before the first and end before the second.
    for (const where of [async () => target, present, async () => target]) {
      try {
        return await work(join(await where(), file));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT' && code !== 'ENOTDIR') throw readError(error, target, file);
      }
    }
    throw new BundleError(await whyNot(folder, target, file), { details: { folder, file } });
  }
}

/** What is there in place of a bundle. A folder that was packed to be sent is there, but not as a folder. */
async function whyNot(folder: string, target: string, file: string): Promise<string> {
  const entry = await stat(target).catch(() => undefined);
  if (entry?.isDirectory()) {
    return `"${folder}" is not a complete bundle: it has no ${file}. A bundle is the folder that "cflow train" wrote`;
  }
  if (entry === undefined) {
    return `there is no bundle at "${folder}"${await meant(target)}: expected the folder that "cflow train" wrote`;
  }
  return `there is no bundle at "${folder}", but a file: expected the folder that "cflow train" wrote; if it is packed, as a ZIP for example, unpack it and name the folder`;
}

/** Folders beside it of nearly the same name, as a part of a sentence. */
async function meant(target: string): Promise<string> {
  const entries = await readdir(dirname(target), { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const near = nearNames(
    basename(target),
    folders.map(({ name }) => name),
  );
  return near.length === 0 ? '' : ` (is ${near.map((name) => `"${name}"`).join(' or ')} meant?)`;
}

/** Bytes that are read at once. */
const CHUNK = 2 ** 21;

/** Reads a file piece by piece: large weights need not lie in memory only to be hashed. */
async function digestOf(path: string): Promise<FileDigest> {
  const handle = await open(path);
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK);
    let bytes = 0;
    let start: Uint8Array | undefined;
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK, null);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex'), start: start ?? new Uint8Array(0) };
      start ??= Uint8Array.from(chunk.subarray(0, Math.min(bytesRead, MAX_HEADER_BYTES)));
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

function readError(error: unknown, target: string, file: string): unknown {
  if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
    return new BundleError(`${file} of bundle "${basename(target)}" is a folder; get the bundle again`, {
      cause: error,
      details: { folder: target, file },
    });
  }
  return storageErrorOf(error, join(target, file));
}
