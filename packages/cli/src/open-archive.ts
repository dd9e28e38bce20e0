import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DataSetError } from '@cflow/spec';
import { interruptible } from './interruptible.js';

/** A ZIP archive in a folder of its own. */
interface OpenedArchive {
  folder: string;
  remove(): Promise<void>;
}

/** Whether what is named is one ZIP archive. */
function isArchive(paths: readonly string[]): boolean {
  return paths.length === 1 && /\.zip$/i.test(paths[0] as string);
}

/**
 * Unpacks an archive as a job does, within the limits that hold for a stranger's.
 * @throws DataSetError, StorageError
 */
async function openArchive(path: string): Promise<OpenedArchive> {
  if (!(await stat(path).catch(() => undefined)))
    throw new DataSetError(`there is no file ${path}`, { details: { path } });
  const { DEFAULT_DATA_SET_LIMITS, unpackZip } = await import('@cflow/train-worker');
  const place = await mkdtemp(join(tmpdir(), 'cflow-archive-'));
  const remove = () => rm(place, { recursive: true, force: true });
  // The data set is called like the archive.
  const folder = join(place, basename(path).replace(/\.zip$/i, '') || 'data-set');
  try {
    await mkdir(folder);
    await interruptible((signal) => unpackZip(path, folder, DEFAULT_DATA_SET_LIMITS, signal));
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, remove };
}

/**
 * Runs what reads a data set on what is named, or, where that is a ZIP archive, on what is in it.
 *
 * @param run gets the paths, and of an archive its bounds: no path in it leads out of its folder
 * @throws DataSetError, StorageError; what `run` throws
 */
export async function withArchive<T>(
  paths: readonly string[],
  run: (paths: readonly string[], bounds: { within?: string }) => Promise<T>,
): Promise<T> {
  if (!isArchive(paths)) return run(paths, {});
  const { folder, remove } = await openArchive(paths[0] as string);
  try {
    return await run([folder], { within: folder });
  } finally {
    await remove();
  }
}
