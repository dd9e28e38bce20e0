import { opendir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Entries that are removed at a time. */
const AT_A_TIME = 32;

/**
 * Removes a folder, whatever is in it, or nothing where there is none. `fs.rm` begins with all entries of a folder at once: a data
 * set of a hundred thousand files would keep everybody in this process waiting for seconds.
 */
export async function removeFolder(path: string): Promise<void> {
  await removeEntries(path);
  // What has come since, and folders that could not be read.
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function removeEntries(path: string): Promise<void> {
  const folder = await opendir(path).catch(() => undefined);
  if (!folder) return;
  const folders: string[] = [];
  let removing: Promise<void>[] = [];
  for await (const entry of folder) {
    const each = join(path, entry.name);
    if (entry.isDirectory()) folders.push(each);
    else removing.push(unlink(each).catch(() => {}));
    if (removing.length < AT_A_TIME) continue;
    await Promise.all(removing);
    removing = [];
  }
  await Promise.all(removing);
  for (const each of folders) {
    await removeEntries(each);
    await rmdir(each).catch(() => {});
  }
}
