import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeFlushed } from './write-file-atomically.js';

/** Where a folder waits while another takes its place. */
export const asideOf = (target: string): string => `${target}.old`;

/** A folder that this process works in, or is about to delete. */
const scratchOf = (target: string): string => `${target}.new-${randomUUID().slice(0, 8)}`;

/** More than a clock may be set forward while somebody writes. */
const ABANDONED_MS = 1.5 * 3_600_000;

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/** Where a folder really lies: behind a link it is the folder that is replaced, not the link. */
export async function realFolder(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

/**
 * Makes a folder of files take the place of another so that a crash at any moment leaves the old one or the new one,
 * whole. What fails leaves the old one where it was.
 *
 * A folder cannot be replaced in one step, so the old one steps aside (`asideOf`) for the time of one rename. Should
 * the process end in between, readers find it there, and `recoverFolder` puts it back.
 */
export async function replaceFolder(target: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await recoverFolder(target);
  await sweep(target);
  const scratch = scratchOf(target);
  try {
    // Not mkdtemp, whose folders nobody else may read.
    await mkdir(scratch);
    for (const [name, bytes] of files) await writeFlushed(join(scratch, name), bytes);
    await syncFolder(scratch);
    await swap(scratch, target);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  await discard(asideOf(target), target);
}

async function swap(scratch: string, target: string): Promise<void> {
  const aside = asideOf(target);
  const existed = await isFolder(target);
  if (existed) {
    await discard(aside, target);
    await rename(target, aside);
  }
  try {
    await rename(scratch, target);
  } catch (error) {
    if (existed) await rename(aside, target);
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Puts back what a crash between two renames left aside. Safe to call at any time. */
export async function recoverFolder(folder: string): Promise<void> {
  const target = await realFolder(folder);
  if (!(await isFolder(target))) await rename(asideOf(target), target).catch(() => undefined);
}

/** Deletes a folder under another name, so that what waits aside is whole or not there. */
async function discard(folder: string, target: string): Promise<void> {
  const scratch = scratchOf(target);
  // Nothing there is the usual case; and a folder that cannot be deleted is no reason to fail what has been done.
  const moved = await rename(folder, scratch).then(
    () => true,
    () => false,
  );
  if (moved) await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
}

/** Deletes what processes that were killed have left. */
async function sweep(target: string): Promise<void> {
  const [folder, prefix] = [dirname(target), `${basename(target)}.new-`];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Makes renames in a folder survive a power cut, where the system can do so. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
