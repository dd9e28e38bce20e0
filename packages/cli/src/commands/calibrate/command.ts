import { type Command, Option } from 'commander';
import { withImageLimitOptions } from '../../options/image-limit-options.js';
import type { CalibrateFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow calibrate bottle.cflow photos/good
  cflow calibrate bottle.cflow photos/good --output bottle-fast.cflow
  cflow predict bottle.cflow incoming --device cuda --precision-mode throughput

A score is the same on every device in the mode "exact", which is the default everywhere. From the A100 on, NVIDIA's cards are
faster when they round the factors of products to 11 bits (TF32), which moves scores by up to a tenth of the spread of good
ones. The mode "throughput" lets them, for detectors that were calibrated for it on such a card: the bundle then has
thresholds, false-alarm probabilities and a golden probe for that mode besides its own, which stay as they are.

The good images must be of the same kind as those that it was trained on, but not the same ones; give 100 or more.`;

/** `cflow calibrate`. */
export function defineCalibrate(command: Command): void {
  command
    .description('Calibrates a detector for the precision mode throughput, on an NVIDIA card.')
    .argument('<bundle>', 'the detector: a folder that "cflow train" wrote')
    .argument(
      '<images...>',
      'good images that it was not trained on: files, folders (everything below), globs',
    )
    .addOption(
      new Option('--precision-mode <mode>', 'the mode to calibrate for; every bundle is calibrated for exact')
        .choices(['throughput'])
        .default('throughput'),
    );
  withImageLimitOptions(command.optionsGroup('Images:'))
    .option('--strict', 'stop at an image that cannot be read, instead of leaving it out')
    .optionsGroup('Output:')
    .option('-o, --output <dir>', 'where the calibrated bundle goes (default: in place of the given one)')
    .option('--json', 'one JSON object on stdout: bundle, card, images, thresholds of both modes')
    .addHelpText('after', EXAMPLES)
    .action(async (bundle: string, images: string[], flags: CalibrateFlags) => {
      const { runCalibrate } = await import('./run.js');
      await runCalibrate(bundle, images, flags);
    });
}
