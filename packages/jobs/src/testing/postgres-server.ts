import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

const DEBIAN = '/usr/lib/postgresql';
const READY_MS = 30_000;

/** A PostgreSQL on loopback, with its files in a folder of its own. */
export interface PostgresServer {
  /** Of an empty database. */
  readonly url: string;
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again, on the same port, with what it had committed. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}

/** The folder of PostgreSQL's programs, the newest there is; undefined when it is not installed. */
export async function findPostgres(): Promise<string | undefined> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const folders = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, 'bin'));
  for (const folder of [...folders, ...(process.env.PATH ?? '').split(':')]) {
    const found = ['initdb', 'postgres'].map((program) => access(join(folder, program)));
    if ((await Promise.allSettled(found)).every(({ status }) => status === 'fulfilled')) return folder;
  }
  return undefined;
}

/** Makes and starts one. Trusts whoever reaches its port; for tests only. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const programs = await findPostgres();
  if (!programs)
    throw new Error('PostgreSQL is not installed: neither under /usr/lib/postgresql nor in PATH');
  const user = await unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), 'cflow-postgres-'));
  if (user) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const run = { ...user, cwd: folder };
  await promisify(execFile)(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'cflow', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    run,
  );
  const port = await freePort();
  const url = (database: string): string => `postgres://cflow@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let databases = 0;

  const killNow = (): void => void server?.kill('SIGKILL');
  process.on('exit', killNow);

  async function start(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    let output = '';
    while (performance.now() < deadline) {
      if (!server || server.exitCode !== null || server.signalCode !== null) {
        // After a kill it refuses to start until the last of its former processes is gone; then it is started again.
        const child = spawn(
          join(programs as string, 'postgres'),
          ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', '-F', '-c', 'shared_buffers=16MB'],
          { ...run, stdio: ['ignore', 'ignore', 'pipe'] },
        );
        child.stderr?.on('data', (text) => {
          output = (output + text).slice(-4000);
        });
        ended = new Promise((resolve) => child.once('close', resolve));
        server = child;
      }
      if (await answers(url('postgres'))) return;
      await setTimeout(100);
    }
    throw new Error(`PostgreSQL did not start: ${output}`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    server?.kill(signal);
    await ended;
  }

  async function createDatabase(): Promise<string> {
    const name = `test_${++databases}`;
    const client = new Client({ connectionString: url('postgres') });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    return url(name);
  }

  await start();
  return {
    url: await createDatabase(),
    createDatabase,
    start,
    kill: () => end('SIGKILL'),
    async close() {
      process.off('exit', killNow);
      await end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** PostgreSQL does not run as root. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const user = users.find(([candidate]) => candidate === name);
    if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody"');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
