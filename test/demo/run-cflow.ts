import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CFLOW = fileURLToPath(new URL('../../packages/cli/bin/cflow.js', import.meta.url));

/** A command that did not end well; its own message stands on stderr already. */
export class CflowFailed extends Error {
  readonly exitCode: number;

  constructor(args: readonly string[], exitCode: number) {
    super(`"cflow ${args.join(' ')}" ended with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/**
 * Runs the command line as a user would, its stderr (progress, errors) on this process's.
 *
 * @returns what it wrote to stdout
 */
export async function runCflow(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [CFLOW, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  // A terminal sends Ctrl-C to the child as well: wait for it to save what it has. Others send to this process only.
  const ignore = (): void => {};
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
    });
    if (exitCode !== 0) throw new CflowFailed(args, exitCode);
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', forward);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Runs the service with its address on this process's stdout, until it is ended from outside. */
export async function serveUntilInterrupted(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [CFLOW, ...args], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the child as well; a SIGTERM comes to this process only.
  const ignore = (): void => {};
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (exitCode !== null && exitCode !== 0) throw new CflowFailed(args, exitCode);
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', forward);
  }
}
