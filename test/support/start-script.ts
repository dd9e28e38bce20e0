import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface RunningScript {
  child: ChildProcess;
  /** Resolves when the script has printed the line. Rejects with what it wrote when it ends before. */
  printed(line: string): Promise<void>;
  /** What it printed and how it ended. */
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Starts a TypeScript file as a process of its own. */
export function startScript(url: URL, args: readonly string[], options: SpawnOptions = {}): RunningScript {
  const file = fileURLToPath(url);
  // What this test run tells its own workers is not meant for another process.
  const env = Object.entries(options.env ?? process.env).filter(
    ([name]) => !/^(VITEST|VITE_|NODE_OPTIONS)/.test(name),
  );
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: dirname(file),
    ...options,
    env: Object.fromEntries(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return {
    child,
    ended: new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    }),
    printed: (line) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stdout.split('\n').includes(line)) resolve();
        };
        child.stdout?.on('data', look);
        child.on('close', (code) =>
          reject(new Error(`it ended with ${code} before it printed "${line}": ${stdout}${stderr}`)),
        );
        look();
      }),
  };
}
