import { MIN_SHARE } from '@cflow/evaluation';
import type { Command } from 'commander';
import { finiteNumber, integer, share } from './option-value.js';

/** The options that say which parts of a map are reported as regions, and which count at all. */
export function withRegionOptions(command: Command): Command {
  return command
    .optionsGroup('Regions:')
    .option(
      '--pixel-threshold <value>',
      'map value that regions begin at (default: the score threshold)',
      finiteNumber,
    )
    .option(
      '--min-area <pixels>',
      'smallest region that is reported, in pixels of the picture (default: 1)',
      integer(1),
    )
    .option(
      '--min-share <share>',
      `regions smaller than this share of the largest are left out, unless they are higher than it; 0 keeps all (default: ${MIN_SHARE})`,
      share,
    )
    .option('--ignore <mask>', 'an image whose non-black pixels are left out of score and regions');
}
