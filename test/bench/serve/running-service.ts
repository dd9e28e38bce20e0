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
  /** Milliseconds of processor time, that of its lanes included. */
  processorMs(): Promise<number>;
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
  /** Variables beside those of this process. */
  env?: Readonly<Record<string, string>>;
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
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...options.env } },
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
    memory: async () => sumOf((await processes(child)).map(residentMegabytes)),
    processorMs: async () => sumOf((await processes(child)).map(processorMilliseconds)),
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

/** The service and its lanes. */
async function processes({ pid }: ChildProcess): Promise<string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [String(pid), ...children.split(' ').filter((each) => each.trim() !== '')];
}

async function sumOf(values: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(values)).reduce((sum, each) => sum + each, 0);
}

async function processorMilliseconds(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Behind the name, which may have anything in it; in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
}

async function residentMegabytes(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
