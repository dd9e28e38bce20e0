import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extentOf, judgePlacements } from './checks/check-nodes.js';
import type { CheckJob } from './checks/checked-device.js';
import { makeCheck } from './checks/outcome.js';
import { readPlacements } from './nodes/read-placements.js';
import { type Check, checkSchema } from './report.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes one check in a child process. Never rejects: a crash is a failed check.
 * @param limitMinutes after which it is ended: a driver that hangs takes for ever
 */
export async function checkInChildProcess(
  job: CheckJob,
  environment: Environment,
  limitMinutes: number,
): Promise<Check> {
  let made: Check | undefined;
  const outer = await makeCheck(job.check, async () => {
    const nodes = job.check === 'nodes';
    const [script, args] = nodes
      ? ['nodes/place-nodes.ts', [job.device, extentOf(job.quick, job.software)]]
      : ['run-check.ts', [JSON.stringify(job)]];
    const { code, stdout, stderr, late } = await run(
      script as string,
      args as string[],
      environment,
      job.folder,
      limitMinutes,
    );
    if (late) throw new Error(`it did not end within ${limitMinutes.toPrecision(2)} minutes`);
    if (code !== 0) throw new Error(`its process ended with ${code ?? 'a signal'}: ${lastWords(stderr)}`);
    if (nodes) return judgePlacements(readPlacements(stdout, stderr));
    const line = stdout.trimEnd().split('\n').at(-1) ?? '';
    made = checkSchema.parse(JSON.parse(line));
    return { reason: made.reason, figures: made.figures };
  });
  // The time is that of the whole process: what starts a device is part of what it costs.
  return made ? { ...made, seconds: outer.seconds } : outer;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  late: boolean;
}

async function run(
  script: string,
  args: string[],
  environment: Environment,
  folder: string,
  limitMinutes: number,
): Promise<Ended> {
  const words = join(folder, `${script.replaceAll('/', '-')}-${process.hrtime.bigint()}.stderr`);
  // A file, not a pipe: the engine writes past Node, and once a full pipe refuses a line it writes no more.
  const sink = openSync(words, 'w');
  const file = fileURLToPath(new URL(script, import.meta.url));
  // What a test run tells its own workers is not meant for another process.
  const env = Object.entries(environment).filter(([name]) => !/^(VITEST|VITE_|NODE_OPTIONS)/.test(name));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: dirname(file),
    env: Object.fromEntries(env),
    stdio: ['ignore', 'pipe', sink],
  });
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, 60_000 * limitMinutes);
  try {
    const code = await new Promise<number | null>((settle, reject) => {
      child.on('error', reject);
      child.on('close', settle);
    });
    return { code, stdout, stderr: readFileSync(words, 'utf8'), late };
  } finally {
    clearTimeout(timer);
    closeSync(sink);
    rmSync(words);
  }
}

/** The last lines that a process wrote, without the engine's chatter. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /\S/.test(line) && !/\[[VI]:onnxruntime/.test(line));
  return lines.slice(-4).join(' ').slice(0, 500) || 'it wrote nothing';
}
