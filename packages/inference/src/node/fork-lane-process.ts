import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { SharedFile } from './shared-file.js';

/** A process that waits to be told which lane it is, and the memory that both share. */
export interface LaneChild {
  process: ChildProcess;
  shared: SharedFile | undefined;
}

export function forkLaneProcess(): LaneChild {
  // By the package's name: it must be the built file even when this one runs from source.
  const file = createRequire(import.meta.url).resolve('@cflow/inference/lane-process');
  const shared = SharedFile.create();
  const child = fork(file, [], {
    // Flags such as --import belong to a test runner or a loader, and would break it.
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', ...(shared ? [shared.fd] : [])],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  child.unref();
  child.channel?.unref();
  child.once('exit', () => shared?.close());
  return { process: child, shared };
}
