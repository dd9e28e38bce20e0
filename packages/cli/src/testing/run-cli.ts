// Runs the built command as a user's shell would: what is tested is the binary.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command as it is installed. */
export const CFLOW: string = fileURLToPath(new URL('../../bin/cflow.js', import.meta.url));

export interface CliResult {
  /** Null when a signal ended the process. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  uid?: number;
  /** Called whenever stdout has grown, with all of it so far. */
  onStdout?: (stdout: string, child: ChildProcess) => void;
  /** The same for stderr. */
  onStderr?: (stderr: string, child: ChildProcess) => void;
}

/** Runs `cflow` and waits for its end. */
export async function runCli(
  args: readonly string[],
  { cwd, env, uid, onStdout, onStderr }: CliOptions = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [CFLOW, ...args], {
    ...(cwd !== undefined && { cwd }),
    ...(uid !== undefined && { uid }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result: CliResult = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text;
    onStdout?.(result.stdout, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text;
    onStderr?.(result.stderr, child);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ ...result, code, signal }));
  });
}

/** Objects of JSON lines. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
