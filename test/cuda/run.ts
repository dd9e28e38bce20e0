import { execFile } from 'node:child_process';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. Never rejects because of how it ends. */
export function run(
  file: string,
  args: readonly string[],
  { env = {}, timeoutMs = 300_000 }: { env?: Record<string, string | undefined>; timeoutMs?: number } = {},
): Promise<Ended> {
  // What a test run tells its own workers is not meant for another process.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|VITE_|NODE_OPTIONS|CFLOW_)/.test(name),
  );
  return new Promise((resolve) => {
    const options = {
      env: { ...Object.fromEntries(inherited), ...env },
      timeout: timeoutMs,
      maxBuffer: 2 ** 28,
    };
    execFile(file, args, options as never, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout: String(stdout), stderr: String(stderr) });
    });
  });
}
