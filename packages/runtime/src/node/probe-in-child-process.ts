import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import type { DeviceCandidate, DeviceReport } from '../device-candidate.js';
import { messageOf } from '../engine-error.js';

export interface ChildProbeOptions {
  /** Milliseconds until the child is killed. Default 60 000: a card's first kernels take long to compile. */
  timeoutMs?: number;
  /** The child's environment. Default: this process's. */
  env?: Readonly<Record<string, string | undefined>>;
}

const STDERR_KEPT = 16_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ANSI_COLORS = /\x1b\[[\d;]*m/g;

/**
 * Tries a device of `nodeDevices()` in a process of its own, so that a driver that crashes or hangs takes nothing
 * along. Never rejects: a crash is a reason, with the last lines that the driver wrote.
 */
export async function probeInChildProcess(
  { device, description }: DeviceCandidate,
  { timeoutMs = 60_000, env = process.env }: ChildProbeOptions = {},
): Promise<DeviceReport> {
  const start = performance.now();
  const entry = createRequire(import.meta.url).resolve('@cflow/runtime/node-probe');
  const child = fork(entry, [device], {
    env: env as NodeJS.ProcessEnv,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  let answer: DeviceReport | undefined;
  child.on('message', (report) => {
    answer = report as DeviceReport;
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const ending = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`the test could not be started: ${error.message}`));
    // `close` and not `exit`: by then everything that it wrote has come.
    child.on('close', (code, signal) => resolve(`the test crashed (${signal ?? `exit code ${code}`})`));
  });
  clearTimeout(timer);
  const timeMs = Math.round(performance.now() - start);
  const refuse = (reason: string): DeviceReport => ({
    device,
    description,
    available: false,
    reason,
    timeMs,
  });
  if (late && !answer) return refuse(`the test did not end within ${timeoutMs} ms${lastLines(stderr)}`);
  if (!answer) return refuse(ending + lastLines(stderr));
  if (!answer.available) return refuse((answer.reason ?? 'no reason given') + lastLines(stderr));
  return { ...answer, timeMs };
}

/** What a driver wrote while it failed is often the only word on why. Lines that sound like it come first. */
function lastLines(stderr: string): string {
  const lines = stderr
    .replace(ANSI_COLORS, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /\p{L}{3}/u.test(line) && !/^(at |\d+: 0x)/.test(line));
  const telling = lines.filter((line) => /error|fail|fatal|warning|could ?n[o']t/i.test(line));
  const shown = (telling.length > 0 ? telling : lines).slice(-3).map(shortened).join(' ');
  return shown === '' ? '' : ` (${shown})`;
}

const LINE_KEPT = 300;

/** What it is about stands at the end of a line as often as at its beginning, and paths of sources in between. */
function shortened(line: string): string {
  const text = messageOf(line);
  if (text.length <= LINE_KEPT) return text;
  return `${text.slice(0, LINE_KEPT / 3)} … ${text.slice((-2 * LINE_KEPT) / 3)}`;
}
