import type { AskedForRun } from '@cflow/training/node';
import type { TrainFlags } from './flags.js';

/** Flags about how a command works and what it shows, which the next command may choose differently. */
const OF_ONE_COMMAND: ReadonlySet<string> = new Set(['resume', 'output', 'json', 'quiet', 'verbose']);

/** What is kept with a run for the command that continues it. */
export function flagsToKeep(flags: TrainFlags): AskedForRun {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => !OF_ONE_COMMAND.has(name)));
}

/**
 * The flags of a run that is continued: those that were typed now, and for the rest those that it was started with.
 * @param given names of the flags that were typed; others in `typed` are defaults
 */
export function withEarlierFlags(
  typed: TrainFlags,
  given: ReadonlySet<string>,
  earlier: AskedForRun,
): TrainFlags {
  const now = Object.fromEntries(Object.entries(typed).filter(([name]) => given.has(name)));
  return { ...typed, ...earlier, ...now };
}
