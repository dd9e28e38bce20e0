import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { type BundleManifest, TrainingError } from '@cflow/spec';
import type { TrainingEvent } from '@cflow/training';
import { receivedError } from './error-message.js';
import type { TrainingMessage, TrainingTask } from './messages.js';

export interface TrainingProcessOptions {
  signal: AbortSignal;
  /** Milliseconds that it has to save what it has, once the signal has aborted, before it is killed. */
  graceMs: number;
  onEvent(event: TrainingEvent): void;
  /** Its checkpoint could not be used. */
  onAnew(reason: string): void;
  /** Each line that it writes: warnings of libraries, mostly. */
  onLine(line: string): void;
  /** Told the process's id when it has begun. */
  onStart?: ((pid: number) => void) | undefined;
}

/**
 * Trains in a process of its own, which ends with this one: what goes wrong in it, up to running out of memory, is an
 * error here. Rejects with the signal's reason once it has aborted and the process has ended.
 * @throws as trainDetector; TrainingError, retryable, when the process dies
 */
export async function runTrainingProcess(
  task: TrainingTask,
  { signal, graceMs, onEvent, onAnew, onLine, onStart }: TrainingProcessOptions,
): Promise<BundleManifest> {
  signal.throwIfAborted();
  const entry = createRequire(import.meta.url).resolve('@cflow/train-worker/train-process');
  // What is trained is exact, in whatever mode a service scores.
  const env = { ...process.env, CFLOW_PRECISION_MODE: 'exact' };
  const child = fork(entry, [], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  readLines(child, onLine);
  let outcome: (TrainingMessage & { type: 'result' | 'error' }) | undefined;
  let kill: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const ended = new Promise<{ code: number | null; killedBy: NodeJS.Signals | null }>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, killedBy) => resolve({ code, killedBy }));
    });
    child.on('message', (message: TrainingMessage) => {
      switch (message.type) {
        case 'ready':
          child.send(task, (error) => error && onLine(`the task could not be sent: ${error.message}`));
          break;
        case 'event':
          onEvent(message.event);
          break;
        case 'anew':
          onAnew(message.reason);
          break;
        default:
          outcome = message;
      }
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    const { code, killedBy } = await ended;
    if (outcome?.type === 'result') return outcome.manifest;
    signal.throwIfAborted();
    if (outcome) throw receivedError(outcome.error, 'the training');
    throw deathOf(code, killedBy);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(kill);
  }
}

function deathOf(code: number | null, signal: NodeJS.Signals | null): TrainingError {
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  const why =
    signal === 'SIGKILL'
      ? '; the system does that when memory runs out: give the worker more, or train with a smaller input size or fiber batch'
      : '';
  return new TrainingError(`the training process ${how} before it was done${why}`, {
    retryable: true,
    details: { exitCode: code, signal },
  });
}

const LONGEST_LINE = 2000;

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
      for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, LONGEST_LINE));
    });
    stream?.on('end', () => rest.trim() !== '' && onLine(rest));
  }
}
