import { CflowError, type DeviceAttempt } from '@cflow/spec';
import { printable } from './terminal/printable.js';

/** An error as one paragraph for stderr; with the stack, and those of its causes, when asked to be verbose. */
export function describeError(error: unknown, verbose: boolean): string {
  const stopped = CflowError.isInstance(error) && error.code === 'interrupted';
  const text = printable(stopped ? error.message : `error: ${sentence(error)}`);
  return verbose ? `${text}\n\n${stackOf(error)}` : text;
}

/** Options whose flags are called otherwise. */
const FLAGS: Readonly<Record<string, string>> = { preTrained: '--no-pre-trained' };

/** Libraries name the options that an error is about (`details.option`); here they are called as they are typed. */
function flagsOf(option: string | readonly string[] | undefined): string {
  if (option === undefined) return '';
  const flags = [option]
    .flat()
    .map((name) => FLAGS[name] ?? `--${name.replace(/[A-Z]/g, '-$&').toLowerCase()}`);
  return ` (${flags.join(', ')})`;
}

function sentence(error: unknown): string {
  if (CflowError.isInstance(error)) {
    const { attempts, option } = error.details as {
      attempts?: readonly DeviceAttempt[];
      option?: string | readonly string[];
    };
    if (!attempts) return `${error.message}${flagsOf(option)}`;
    const tried = attempts.map(({ device, reason }) => `${device}: ${reason}`);
    return `${error.message.split('\n', 1)[0]}; tried ${tried.join('; ')}`;
  }
  return systemError(error) ?? `${unexpected(error)}; run again with --verbose to see where it happened`;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; choose another place or change its permissions',
  EPERM: 'not permitted; choose another place or change its permissions',
  EROFS: 'it lies on a read-only file system; choose another place',
  ENOSPC: 'the disk is full; free some space and run again',
  EDQUOT: 'the disk quota is used up; free some space and run again',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, a file was expected',
  EEXIST: 'it exists already and is not a folder',
  EMFILE: 'too many files are open; raise the limit (ulimit -n) and run again',
};

/** What the operating system refused, in words; undefined for any other error. */
function systemError(error: unknown): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : SYSTEM_ERRORS[code];
  return reason === undefined || path === undefined ? undefined : `"${path}": ${reason}`;
}

function unexpected(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message === '' ? 'an unexpected error without a message' : `unexpected: ${message}`;
}

function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let e = error; e !== undefined && stacks.length < 8; e = (e as { cause?: unknown } | null)?.cause) {
    stacks.push(e instanceof Error ? (e.stack ?? e.message) : String(e));
  }
  return stacks.join('\ncaused by: ');
}
