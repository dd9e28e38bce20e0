import { CommanderError } from 'commander';
import { describeError } from './describe-error.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { createProgram } from './program.js';
import { ignoreBrokenPipe } from './terminal/output.js';

/**
 * Runs the command that the arguments name and sets the process's exit code. Never rejects.
 *
 * @param argv as `process.argv`: the interpreter, the script, the arguments
 */
export async function main(argv: readonly string[]): Promise<void> {
  ignoreBrokenPipe();
  try {
    const program = await createProgram(argv.slice(2));
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error, argv.includes('--verbose'));
  }
}

function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) {
    // Commander has written its message; asking for help or the version is not an error.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  process.stderr.write(`${describeError(error, verbose)}\n`);
  return exitCodeOf(error);
}
