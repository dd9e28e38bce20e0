import { constants } from 'node:os';
import { CflowError } from '@cflow/spec';

/** What the exit codes mean, as every help text says. */
export const EXIT = { ok: 0, error: 1, usage: 2 } as const;

/** Those lines of every help text. */
export const EXIT_CODES_HELP: string = [
  'Exit codes: 0 done; 1 an error, told on stderr; 2 an option or a value that cannot work;',
  '130 interrupted (Ctrl-C), 143 terminated.',
].join('\n');

/** An interruption gives 128 plus the signal's number, as shells do. */
export function exitCodeOf(error: unknown): number {
  if (!CflowError.isInstance(error)) return EXIT.error;
  if (error.code === 'configuration') return EXIT.usage;
  if (error.code !== 'interrupted') return EXIT.error;
  const { signal } = error.details as { signal?: NodeJS.Signals };
  return 128 + constants.signals[signal ?? 'SIGINT'];
}
