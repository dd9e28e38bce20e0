import { startScript } from '../support/start-script.js';
import { extentOf, judgePlacements } from './checks/check-nodes.js';
import type { CheckJob } from './checks/checked-device.js';
import { makeCheck } from './checks/outcome.js';
import { readPlacements } from './nodes/read-placements.js';
import { type Check, checkSchema } from './report.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Minutes after which a check is ended: shaders of a slow driver take long, a hanging one takes for ever. */
const LIMIT_MINUTES = 30;

/** Makes one check in a child process. Never rejects: a crash is a failed check. */
export async function checkInChildProcess(
  job: CheckJob,
  environment: Environment,
  limitMinutes: number = LIMIT_MINUTES,
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
      limitMinutes,
    );
    if (late) throw new Error(`it did not end within ${limitMinutes} minutes`);
    if (code !== 0) throw new Error(`its process ended with ${code ?? 'a signal'}: ${lastWords(stderr)}`);
    if (nodes) return judgePlacements(readPlacements(stdout, stderr));
    const line = stdout.trimEnd().split('\n').at(-1) ?? '';
    made = checkSchema.parse(JSON.parse(line));
    return { reason: made.reason, figures: made.figures };
  });
  // The time is that of the whole process: what starts a device is part of what it costs.
  return made ? { ...made, seconds: outer.seconds } : outer;
}

async function run(script: string, args: string[], environment: Environment, limitMinutes: number) {
  const { child, ended } = startScript(new URL(script, import.meta.url), args, {
    env: environment as NodeJS.ProcessEnv,
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, 60_000 * limitMinutes);
  try {
    return { ...(await ended), late };
  } finally {
    clearTimeout(timer);
  }
}

/** The last lines that a process wrote, without the engine's chatter. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /\S/.test(line) && !/\[[VI]:onnxruntime/.test(line));
  return lines.slice(-4).join(' ').slice(0, 500) || 'it wrote nothing';
}
