import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A broker on loopback. */
export interface Mosquitto {
  readonly port: number;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port, without what it knew. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Why there is no broker to test with; undefined where there is one. */
export const missingMosquitto: string | undefined = find()
  ? undefined
  : '(mosquitto is not installed: apt-get install mosquitto)';

/** @param acl lines of its access control list; everything is allowed without */
export async function startMosquitto(acl?: string): Promise<Mosquitto> {
  const program = find() as string;
  const folder = await mkdtemp(join(tmpdir(), 'cflow-mosquitto-'));
  const port = await freePort();
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'log_dest none'];
  if (process.getuid?.() === 0) lines.push('user root');
  if (acl !== undefined) {
    await writeFile(join(folder, 'acl'), acl, { mode: 0o600 });
    lines.push(`acl_file ${join(folder, 'acl')}`);
  }
  await writeFile(join(folder, 'conf'), `${lines.join('\n')}\n`);
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const start = async (): Promise<void> => {
    const started = spawn(program, ['-c', join(folder, 'conf')], { stdio: 'ignore' });
    child = started;
    ended = new Promise((resolve) => started.once('close', resolve));
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries === 200 || started.exitCode !== null) throw new Error('mosquitto did not start');
      await sleep(50);
    }
  };
  const kill = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await ended;
  };
  const killNow = (): void => void child?.kill('SIGKILL');
  process.on('exit', killNow);
  await start();
  return {
    port,
    kill,
    start,
    async close() {
      process.off('exit', killNow);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function find(): string | undefined {
  return ['/usr/sbin', '/usr/local/sbin', ...(process.env.PATH ?? '').split(':')]
    .map((folder) => join(folder, 'mosquitto'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
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
