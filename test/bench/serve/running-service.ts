import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { CFLOW } from './serve-bundle.js';

/** `cflow serve` in a process of its own. */
export interface RunningService {
  url: string;
  /** Milliseconds from the start of the process to the first answer that held a score. */
  firstScoreMs: number;
  /** Resident memory in megabytes, that of its lanes included. */
  memory(): Promise<number>;
  /** Value of a metric without labels, or with exactly these. */
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  folder: string;
  bundle: string;
  threads: number;
  image: Uint8Array;
  arguments?: readonly string[];
}

/** Starts the service and waits for its first score, as a client would: by asking until it answers. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { folder, bundle, threads, image } = options;
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      CFLOW,
      'serve',
      bundle,
      '--port',
      '0',
      '--store',
      folder,
      '--threads',
      String(threads),
      '--log',
      'warn',
      ...(options.arguments ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await firstLine(child);
  const response = await fetch(`${url}/v1/detectors/wood/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: image,
  });
  const answer = (await response.json()) as { predictions?: { score: number }[] };
  const firstScoreMs = performance.now() - started;
  if (answer.predictions?.length !== 1) throw new Error(`the service answered ${JSON.stringify(answer)}`);
  return {
    url,
    firstScoreMs,
    memory: async () => {
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
      const own = [child.pid, ...children.split(' ').filter((pid) => pid.trim() !== '')];
      const sizes = await Promise.all(own.map((pid) => residentMegabytes(String(pid))));
      return sizes.reduce((sum, each) => sum + each, 0);
    },
    metric: async (name) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = text.split('\n').find((each) => each.startsWith(`${name} `));
      if (line === undefined) throw new Error(`the service has no metric ${name}`);
      return Number(line.slice(name.length + 1));
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The address, which the service prints as soon as it listens. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString('utf8');
      if (text.includes('\n')) resolve(text.split('\n', 1)[0] as string);
    });
    child.once('exit', (code) => reject(new Error(`cflow serve ended with exit code ${code}`)));
  });
}

async function residentMegabytes(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
