import type { Command } from 'commander';
import { withDataSetOptions } from '../../options/data-set-options.js';
import { integer } from '../../options/option-value.js';
import type { InspectFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow inspect bottle                              a folder, in any layout
  cflow inspect labels.csv
  cflow inspect bottle.zip                          as a job would read it
  cflow inspect --good shots/ok --bad shots/ng --masks marked
  cflow inspect bottle --json | jq .findings

It says how many images are good and bad, and from where; which have masks; which files are skipped and why; sizes and
depths; and what is odd: masks that mark nothing, copies between training and test, images that are black or all the same.
The same is shown before a training. Exits with 1 when something is wrong that would stop a training.`;

/** `cflow inspect`. */
export function defineInspect(command: Command): void {
  command
    .description('Shows how a data set is understood, and what is odd about it, without training.')
    .argument(
      '[paths...]',
      'a data set (folder, table or ZIP archive), or files, folders and globs of good images',
    );
  withDataSetOptions(command)
    .option(
      '--seed <n>',
      'decides which good images are held out, as in "cflow train"',
      integer(0, 0xffffffff),
    )
    .optionsGroup('Output:')
    .option('--json', 'one JSON object on stdout, and nothing else there')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: InspectFlags) => {
      const { runInspect } = await import('./run.js');
      await runInspect(paths, flags);
    });
}
