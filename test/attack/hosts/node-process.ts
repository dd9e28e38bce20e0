import { execFile } from 'node:child_process';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServiceProcess } from '../../service/service-process.js';
import { clockEnvironment, moveClock } from './clock-file.js';
import type { RunningHost, StartOptions } from './host.js';

/** What a service on Node stands on, the same for all that are started on it. */
export interface Ground {
  folder: string;
  env: Readonly<Record<string, string>>;
  keys: ReadonlyMap<string, string>;
  put: RunningHost['put'];
  proxies?: Pick<RunningHost, 'databaseProxy' | 'storeProxy'>;
  /** Deletes all of it. */
  clear(): Promise<void>;
}

/** `cflow serve` on some ground. */
export async function startNodeProcess(ground: Ground, options: StartOptions): Promise<RunningHost> {
  const { folder } = ground;
  const logFile = await logOf(folder, options.log);
  const service = await startServiceProcess(
    [],
    {
      CFLOW_DEVICE: 'cpu',
      CFLOW_LOG_LEVEL: options.log ? 'info' : 'warn',
      ...(options.movableClock && clockEnvironment(folder)),
      // Where libraries would leave what they keep about a machine.
      ...(await emptyHome(folder)),
      ...ground.env,
      ...options.env,
    },
    {
      cwd: folder,
      ...(options.descriptors !== undefined && { descriptors: options.descriptors }),
      ...(logFile && { log: logFile.fd }),
    },
  );
  let end: Awaited<typeof service.ended> | undefined;
  void service.ended.then((how) => {
    end = how;
  });
  const others: RunningHost[] = [];
  const endProcess = async (): Promise<void> => {
    for (const other of others) await other.stop();
    if (!end) await service.kill('SIGKILL');
    await logFile?.close();
  };
  const host = {
    url: service.url,
    pid: service.child.pid as number,
    folder,
    keys: ground.keys,
    ...ground.proxies,
    log: service.log,
    ended: () => end,
    kill: (signal: NodeJS.Signals) => service.kill(signal),
    put: ground.put,
    moveClock: (ms: number) => moveClock(folder, ms),
    again: async (more: StartOptions = {}) => {
      const other = await startNodeProcess({ ...ground, clear: async () => {} }, { ...options, ...more });
      others.push(other);
      return other;
    },
    stop: async () => {
      await endProcess();
      await ground.clear();
    },
  };
  // Of two on one store the second may be refused later than it listens; readiness is for the attack to look at.
  return host;
}

async function logOf(folder: string, log: StartOptions['log']): Promise<FileHandle | undefined> {
  if (log === undefined) return undefined;
  if (log === 'full') return open('/dev/full', 'w');
  const pipe = join(folder, 'log.pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  // Open for both, so that it opens without a reader, and stays without one.
  return open(pipe, 'r+');
}

async function emptyHome(folder: string): Promise<Record<string, string>> {
  const home = join(folder, 'home');
  const temporary = join(folder, 'tmp');
  await mkdir(home, { recursive: true });
  await mkdir(temporary, { recursive: true });
  return { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), TMPDIR: temporary };
}
