import type { Command } from 'commander';
import { withDataSetOptions } from '../../options/data-set-options.js';
import { withDeviceOptions, withPrecisionModeOption } from '../../options/device-options.js';
import { withThresholdOptions } from '../../options/threshold-options.js';
import type { EvaluateFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow evaluate bottle.cflow bottle
  cflow evaluate bottle.cflow labelled.csv --false-alarm-rate 0.001
  cflow evaluate bottle.cflow bottle --output review      the mistakes as pictures, all scores as CSV
  cflow evaluate bottle.cflow bottle --json | jq .imageAuroc

--output writes scores.csv, evaluation.json, contact-sheet.png, and one overlay per mistake in mistakes/.`;

/** `cflow evaluate`. */
export function defineEvaluate(command: Command): void {
  command
    .description(
      'Scores the labelled test images of a data set and says how well good and bad are told apart.',
    )
    .argument('<bundle>', 'the detector: a folder that "cflow train" wrote')
    .argument('[data set]', 'a folder or table with good and bad test images');
  withThresholdOptions(withDataSetOptions(command))
    .optionsGroup('Output:')
    .option('-o, --output <dir>', 'write scores, and pictures of the mistakes, to this folder')
    .option('--json', 'one JSON object on stdout, and nothing else there')
    .option('--strict', 'stop at an image that cannot be read, instead of leaving it out');
  withPrecisionModeOption(withDeviceOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (bundle: string, dataSet: string | undefined, flags: EvaluateFlags) => {
      const { runEvaluate } = await import('./run.js');
      await runEvaluate(bundle, dataSet === undefined ? [] : [dataSet], flags);
    });
}
