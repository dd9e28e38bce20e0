// One writer at a time per key, between processes and without a server. A lock is a file that only one process can
// create. When its owner died, nobody may simply delete it: two that found it dead could each delete, the second the
// first one's new lock. So a dead lock is outnumbered instead: locks of a key are numbered, the owner is who created
// the highest number and then finds no living owner of a lower one. Of two that create different numbers, at least one
// sees the other, since each creates before it looks.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageError } from '@cflow/spec';

/** A lock is held for a few file operations. Where the life of its owner cannot be seen, it is dead after this. */
const LONGEST_MS = 30_000;
const GIVE_UP_MS = 60_000;

interface Owner {
  pid: number;
  /** Where the pid means that process: boot and pid namespace. */
  place: string;
  /** When the process started, since pids are used again. */
  started: string;
}

/** A time of the file system's clock, and of this process's, which is never set. */
interface Moment {
  ctimeMs: number;
  at: number;
}

/** Runs work while no other process runs work under the same name. @throws StorageError, retryable, when it stays locked */
export async function withKeyLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const release = await acquire(folder, name);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(folder: string, name: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `draft-${randomUUID()}`);
  await writeFile(draft, JSON.stringify(await self()), { flag: 'wx' });
  const now: Moment = { ctimeMs: (await stat(draft)).ctimeMs, at: performance.now() };
  const deadline = now.at + GIVE_UP_MS;
  try {
    while (performance.now() < deadline) {
      const release = await tryOnce(folder, name, draft, now);
      if (release) return release;
      await sleep(1 + Math.random() * 9);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new StorageError(
    'store',
    `another process has been writing to the same place for a minute; try again`,
    {
      retryable: true,
      details: { folder },
    },
  );
}

async function tryOnce(
  folder: string,
  name: string,
  draft: string,
  now: Moment,
): Promise<(() => Promise<void>) | undefined> {
  const path = (number: number): string => join(folder, `${name}.${number}`);
  const top = (await numbers(folder, name)).at(-1);
  if (top !== undefined && (await isHeld(path(top), now))) return undefined;
  const mine = (top ?? -1) + 1;
  try {
    await link(draft, path(mine));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  const others = (await numbers(folder, name)).filter((number) => number !== mine);
  for (const other of others) {
    if (other < mine && !(await isHeld(path(other), now))) continue;
    await rm(path(mine), { force: true });
    return undefined;
  }
  return async () => {
    for (const dead of others) await rm(path(dead), { force: true });
    await rm(path(mine), { force: true });
  };
}

async function numbers(folder: string, name: string): Promise<number[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => Number(file.slice(name.length + 1)))
    .sort((a, b) => a - b);
}

async function isHeld(path: string, now: Moment): Promise<boolean> {
  let owner: Owner;
  let age: number;
  try {
    // Both by the clock of the file system, which is the same for all. A link counts from when it was made.
    age = now.ctimeMs + performance.now() - now.at - (await stat(path)).ctimeMs;
    owner = JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch (error) {
    // Released just now; or not a lock that a process can have written whole.
    return !(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
  if (owner.place !== (await place())) return Math.abs(age) < LONGEST_MS;
  const started = await startOf(owner.pid);
  return started === undefined ? isAlive(owner.pid) : started === owner.started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function self(): Promise<Owner> {
  return { pid: process.pid, place: await place(), started: (await startOf(process.pid)) ?? '' };
}

async function place(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname());
  return `${boot.trim()} ${await readlink('/proc/self/ns/pid').catch(() => '')}`;
}

/** Field 22 of /proc/<pid>/stat; undefined where there is no such file. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}
