import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TrainingTask } from './messages.js';
import { runTrainingProcess } from './run-training-process.js';

it('a training process that hangs is killed when its grace is over, and nothing of it is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-training-'));
  const stop = new AbortController();
  const reason = new Error('the worker is to end');
  let pid = 0;
  try {
    const task = { source: folder, output: join(folder, 'out'), name: 'wood' } as unknown as TrainingTask;
    const training = runTrainingProcess(task, {
      signal: stop.signal,
      graceMs: 300,
      onEvent: () => undefined,
      onAnew: () => undefined,
      onLine: () => undefined,
      onStart: (started) => {
        pid = started;
        // As one does that is in native code: it hears nothing, and answers nothing.
        process.kill(pid, 'SIGSTOP');
        stop.abort(reason);
      },
    });
    await expect(training).rejects.toBe(reason);
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
