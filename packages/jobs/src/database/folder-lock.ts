import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { StorageError } from '@cflow/spec';
import { type LockOwner, noteOwner, ownerElsewhere, readOwner } from './lock-owner.js';

export interface FolderLock {
  release(): Promise<void>;
}

/** What a folder is locked for, as messages say it. */
export interface FolderUse {
  /** What another process has open: `the jobs`. */
  holds: string;
  /** What to do instead, after "or". */
  instead: string;
}

const JOBS: FolderUse = {
  holds: 'the jobs',
  instead: 'set DATABASE_URL to use PostgreSQL, which allows any number',
};

/** Bytes that the address of a Unix socket may have everywhere. */
const ADDRESS_BYTES = 100;

/**
 * Locks `folder` (made when missing) for this process until it releases the lock or dies, in whatever way: who holds it
 * listens on a socket in the folder, and a socket answers only while its process lives. Unlike a file with a process
 * id, this also holds between containers of one machine, and a process id that was given again is nobody's. Of machines
 * that share a folder over a network, sockets say nothing: there the owner's note is looked at, which it keeps young.
 *
 * Sockets are numbered. A process that finds the highest one dead adds the next number, which only one can, and has the
 * lock when its own is still the highest after that. Sockets listen before they get their number, so one that does not
 * answer is dead, and numbers are never given twice, so a process that was held up in between cannot be taken in.
 *
 * Rejects with StorageError when another process has the folder; "details.owner" says which, where that is known.
 */
export async function lockFolder(folder: string, use: FolderUse = JOBS): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = await realpath(folder);
  if (process.platform === 'win32') {
    const name = createHash('sha256').update(path.toLowerCase()).digest('hex');
    const server = await listen(`\\\\.\\pipe\\cflow-jobs-${name}`).catch((error) => {
      throw error.code === 'EADDRINUSE' ? inUse(folder, use) : error;
    });
    return { release: () => closed(server) };
  }
  let handle: FileHandle | undefined;
  let directory = path;
  if (Buffer.byteLength(path) + 50 > ADDRESS_BYTES) {
    if (process.platform !== 'linux') {
      throw new StorageError(
        'store',
        `the path of "${folder}" is too long for a socket in it; choose a shorter`,
      );
    }
    handle = await open(path);
    directory = `/proc/self/fd/${handle.fd}`;
  }
  let server: Server | undefined;
  let forget: () => Promise<void> = async () => {};
  try {
    const own = `.lock-${randomUUID().slice(0, 8)}`;
    server = await listen(join(directory, own));
    await claim(directory, own, folder, use);
    await rm(join(directory, own), { force: true });
    forget = await noteOwner(directory);
  } catch (error) {
    if (server) await closed(server);
    await handle?.close();
    if (error instanceof StorageError) throw error;
    throw new StorageError(
      'store',
      `"${folder}" cannot be locked; choose a folder on a local disk, or ${use.instead}`,
      { cause: error, details: { folder } },
    );
  }
  const held = server;
  return {
    async release() {
      await forget();
      await closed(held);
      await handle?.close();
    },
  };
}

async function claim(directory: string, own: string, folder: string, use: FolderUse): Promise<void> {
  for (;;) {
    const numbers = await lockNumbers(directory);
    const highest = Math.max(0, ...numbers);
    if (highest > 0 && (await answers(join(directory, `lock-${highest}`))))
      throw inUse(folder, use, await readOwner(directory));
    const elsewhere = await ownerElsewhere(directory);
    if (elsewhere) throw inUse(folder, use, elsewhere);
    const next = highest + 1;
    try {
      await link(join(directory, own), join(directory, `lock-${next}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    if (Math.max(...(await lockNumbers(directory))) > next) continue;
    for (const number of numbers) await rm(join(directory, `lock-${number}`), { force: true });
    return;
  }
}

async function lockNumbers(directory: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await readdir(directory)) {
    const match = /^lock-([1-9][0-9]{0,14})$/.exec(name);
    if (match) numbers.push(Number(match[1]));
  }
  return numbers;
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.destroy();
    });
    server.on('error', reject);
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Too many at once is an answer, too.
      if (error.code === 'EAGAIN' || error.code === 'ECONNRESET') resolve(true);
      else if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function inUse(folder: string, { holds, instead }: FolderUse, owner?: LockOwner): StorageError {
  const who = owner ? ` (process ${owner.pid} on ${owner.host}, since ${owner.since})` : '';
  return new StorageError(
    'store',
    `another process${who} has ${holds} in "${folder}" open, and only one can; stop it, or ${instead}`,
    { details: { folder, reason: 'in-use', ...(owner && { owner: { ...owner } }) } },
  );
}
