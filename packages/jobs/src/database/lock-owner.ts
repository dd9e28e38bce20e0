import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Who has a folder. */
export interface LockOwner {
  pid: number;
  host: string;
  /** Of the running system, the same in all containers on it. */
  system: string;
  since: string;
}

const FILE = 'owner.json';
const TOUCH_MS = 10_000;
/** An owner on another machine that was not heard of for so long is gone. */
const GONE_MS = 45_000;
const MOST_BYTES = 4096;

/**
 * Writes down who has the folder, and keeps the note young: on a network's file system it is all that another machine can
 * see of this process. Gives what takes the note away.
 */
export async function noteOwner(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, FILE);
  const owner: LockOwner = {
    pid: process.pid,
    host: hostname(),
    system: await systemId(),
    since: new Date().toISOString(),
  };
  const partial = `${path}.${randomUUID().slice(0, 8)}`;
  // Written anew each time: then it is the file system that says when.
  const write = async (): Promise<void> => {
    await writeFile(partial, JSON.stringify(owner));
    await rename(partial, path);
  };
  await write();
  let writing: Promise<void> | undefined;
  const timer = setInterval(() => {
    writing ??= write()
      .catch(() => {})
      .finally(() => {
        writing = undefined;
      });
  }, TOUCH_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await writing;
    await rm(path, { force: true });
  };
}

/** Who is noted down, if anybody. */
export async function readOwner(folder: string): Promise<LockOwner | undefined> {
  try {
    const text = await readFile(join(folder, FILE), 'utf8');
    const { pid, host, system, since } = JSON.parse(text.slice(0, MOST_BYTES)) as Partial<LockOwner>;
    if (typeof pid !== 'number' || [host, system, since].some((each) => typeof each !== 'string'))
      return undefined;
    return { pid, host, system, since } as LockOwner;
  } catch {
    return undefined;
  }
}

/**
 * An owner on another machine that may live: sockets say nothing of it. Ages are told by the file system's own clock,
 * whatever the clocks of the machines say.
 */
export async function ownerElsewhere(folder: string): Promise<LockOwner | undefined> {
  const owner = await readOwner(folder);
  if (!owner || owner.system === (await systemId())) return undefined;
  const mark = join(folder, `.now-${randomUUID().slice(0, 8)}`);
  try {
    await writeFile(mark, '');
    const [noted, now] = await Promise.all([stat(join(folder, FILE)), stat(mark)]);
    return now.mtimeMs - noted.mtimeMs < GONE_MS ? owner : undefined;
  } catch {
    // Taken away meanwhile.
    return undefined;
  } finally {
    await rm(mark, { force: true });
  }
}

async function systemId(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname());
  return id.trim();
}
