import { randomUUID } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { storageErrorOf } from '@cflow/detector/node';
import { removeFolder } from './remove-folder.js';

/** Longer than any attempt may take. */
const OLD_MS = 9 * 86_400_000;
const NAME = /^attempt-(?<host>[^/]*)-(?<pid>\d+)-[0-9a-f]{8}$/;

/** A folder that one attempt at a job has to itself. */
export interface WorkPlace {
  readonly folder: string;
  /** Text without the folder's path, which is nobody's business. */
  withoutPath(text: string): string;
  remove(): Promise<void>;
}

/** Makes a folder below `workFolder`, with a name that says which process it is of. @throws StorageError */
export async function openWorkPlace(workFolder: string): Promise<WorkPlace> {
  const name = `attempt-${encodeURIComponent(hostname())}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const folder = join(resolve(workFolder), name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageErrorOf(error, 'work folder');
  }
  return {
    folder,
    withoutPath: (text) => text.replaceAll(`${folder}/`, '').replaceAll(folder, 'work folder'),
    remove: () => removeFolder(folder),
  };
}

/** Deletes what processes have left that died: those of this machine at once, any other's when it is old. */
export async function sweepWorkFolder(workFolder: string): Promise<void> {
  const host = encodeURIComponent(hostname());
  for (const name of await readdir(workFolder)) {
    const groups = NAME.exec(name)?.groups;
    if (!groups) continue;
    const path = join(workFolder, name);
    const dead = groups.host === host && !isAlive(Number(groups.pid));
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (dead || age > OLD_MS) await removeFolder(path);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
