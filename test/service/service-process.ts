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

/** Starts the service on a free port of this machine and waits until it listens. */
export async function startServiceProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  /** Where its log goes, when it is not to be read here: a file's descriptor. */
  logTo: 'pipe' | number = 'pipe',
): Promise<ServiceProcess> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|VITE_|NODE_OPTIONS|CFLOW_)/.test(name),
  );
  const child = spawn(process.execPath, [CFLOW, 'serve', '--port', '0', ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', logTo],
  });
  let log = '';
  child.stderr?.on('data', (data: Buffer) => {
    log += data.toString('utf8');
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
