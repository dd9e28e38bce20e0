// `cflow serve` as its users start it: a process of its own, which can be killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const CFLOW = fileURLToPath(new URL('../../packages/cli/bin/cflow.js', import.meta.url));

export interface ServiceProcess {
  url: string;
  child: ChildProcess;
  /** What it has logged so far. */
  log(): string;
  /** Resident memory in bytes. */
  memory(): Promise<number>;
  ready(): Promise<void>;
  /** How it ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ServiceProcessOptions {
  cwd?: string;
  /** Descriptors that the process may have open. */
  descriptors?: number;
  /** Descriptor of a file that it logs to, instead of what `log` gives. */
  log?: number;
}

/** Characters of the log that are kept. */
const MOST_LOG = 2_000_000;

/** Starts the service on a free port of this machine and waits until it listens. */
export async function startServiceProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { cwd, descriptors, log: logFile }: ServiceProcessOptions = {},
): Promise<ServiceProcess> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|VITE_|NODE_OPTIONS|CFLOW_)/.test(name),
  );
  const command = [process.execPath, CFLOW, 'serve', '--port', '0', ...args];
  // The shell gives its place to the service, whose process it then is.
  const limited =
    descriptors === undefined
      ? command
      : ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command];
  const child = spawn(limited[0] as string, limited.slice(1), {
    ...(cwd !== undefined && { cwd }),
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', logFile ?? 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (data: Buffer) => {
    log = (log + data.toString('utf8')).slice(-MOST_LOG);
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString('utf8');
      if (text.includes('\n')) resolve(text.split('\n', 1)[0] as string);
    });
    void ended.then(({ code }) => reject(new Error(`cflow serve ended with exit code ${code}: ${log}`)));
  });
  return {
    url,
    child,
    log: () => log,
    ended,
    memory: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    },
    ready: async () => {
      for (;;) {
        const answer = await fetch(`${url}/readyz`);
        await answer.arrayBuffer();
        if (answer.ok) return;
        if (child.exitCode !== null) throw new Error(`cflow serve ended: ${log}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
