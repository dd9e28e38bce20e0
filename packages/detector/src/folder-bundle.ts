import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BUNDLE_FILES, BundleError, StorageError } from '@cflow/spec';
import type { BundleSource } from './bundle.js';

/** A bundle in a folder. */
export function folderBundle(folder: string): BundleSource {
  const path = (file: string): string => join(folder, file);
  return {
    name: basename(resolve(folder)),
    path,
    async read(file) {
      try {
        return await readFile(path(file));
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        if (code === 'EACCES' || code === 'EPERM') {
          throw new StorageError('permission', `${file} of bundle "${basename(folder)}" may not be read`, {
            cause,
          });
        }
        const exists = await stat(folder).then(
          (entry) => entry.isDirectory(),
          () => false,
        );
        throw new BundleError(
          exists
            ? `"${folder}" is no complete bundle: it has no ${file}. A bundle is the folder that "cflow train" wrote`
            : `there is no bundle at "${folder}": expected the folder that "cflow train" wrote`,
          { cause, details: { folder, file } },
        );
      }
    },
  };
}

/**
 * Writes a bundle so that a crash at any moment leaves the old one or the new one, whole: into a new folder beside it
 * first, which then takes its place.
 *
 * @throws StorageError when the disk is full or the folder may not be written; what was there before is then untouched
 */
export async function writeFolderBundle(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const target = resolve(folder);
  let scratch: string | undefined;
  try {
    await mkdir(dirname(target), { recursive: true });
    await refuseForeignFolder(target);
    scratch = await mkdtemp(`${target}.new-`);
    for (const [name, bytes] of files) await writeFile(join(scratch, name), bytes, { flush: true });
    await replaceFolder(scratch, target);
  } catch (error) {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
    throw storageErrorOf(error, folder);
  }
}

/** A folder that is no bundle is somebody's: it is not replaced. */
async function refuseForeignFolder(target: string): Promise<void> {
  const entry = await stat(target).catch(() => undefined);
  if (!entry) return;
  const isBundle =
    entry.isDirectory() && (await stat(join(target, BUNDLE_FILES.manifest)).catch(() => undefined));
  if (!isBundle) {
    throw new StorageError(
      'store',
      `"${target}" exists and is no bundle; choose another --output or move it away`,
      {
        details: { path: target },
      },
    );
  }
}

// A folder cannot be replaced in one step, so the old one steps aside for the time of one rename. `recoverFolder`
// puts it back should the process end in between.
async function replaceFolder(scratch: string, target: string): Promise<void> {
  const aside = `${target}.old`;
  await rm(aside, { recursive: true, force: true });
  const existed = await rename(target, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  await rename(scratch, target);
  if (existed) await rm(aside, { recursive: true, force: true });
}

/** Puts back a bundle that a crash between two renames left aside. Safe to call at any time. */
export async function recoverFolder(folder: string): Promise<void> {
  const target = resolve(folder);
  const exists = await stat(target).then(
    () => true,
    () => false,
  );
  if (!exists) await rename(`${target}.old`, target).catch(() => undefined);
}

export function storageErrorOf(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StorageError(
      'storage-full',
      `the disk is full: "${path}" could not be written; free some space and run again`,
      {
        cause: error,
        retryable: true,
        details: { path },
      },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StorageError(
      'permission',
      `"${path}" may not be written; choose another folder or change its permissions`,
      {
        cause: error,
        details: { path },
      },
    );
  }
  return error;
}
