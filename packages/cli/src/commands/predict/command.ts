import { type Command, Option } from 'commander';
import { withDeviceOptions, withPrecisionModeOption } from '../../options/device-options.js';
import { withImageLimitOptions } from '../../options/image-limit-options.js';
import { positiveNumber } from '../../options/option-value.js';
import { withRegionOptions } from '../../options/region-options.js';
import { withThresholdOptions } from '../../options/threshold-options.js';
import { MAP_FORMATS, type PredictFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow predict bottle.cflow photo.png
  cflow predict bottle.cflow incoming 'archive/**/*.jpg' --json > scores.jsonl
  cflow predict bottle.cflow incoming --overlays overlays
  cflow predict bottle.cflow incoming --maps maps --map-format png16
  cflow predict bottle.cflow film.mp4 --overlays peaks --scores frames.csv
  cflow predict bottle.cflow photo.png --false-alarm-rate 0.001 --fail-on-bad && echo good

A film gets a line for each event: bad frames that belong together, with start, end, and the frame with the highest score, which
--overlays and --maps write.

Map formats:
  png8   false colors to look at, from the score of a good image (blue) to the highest possible (red)
  png16  gray, 16 bit; the text chunks cflow:offset and cflow:scale turn pixels into map values
  f32    the values themselves, as NumPy's .npy (float32, height x width)

Exit codes of predict: also 1 with --fail-on-bad when an image is bad, and 2 with --strict when an image could
not be read; the others are scored all the same.`;

/** `cflow predict`. */
export function definePredict(command: Command): void {
  command
    .description(
      'Scores images and prints a line for each as soon as it is known: score, probability that a good image scores as high (false alarm), label, and the regions that stand out, in pixels of the picture.',
    )
    .argument('<bundle>', 'the detector: a folder that "cflow train" wrote')
    .argument('<images...>', 'files, folders (everything below), globs; or one film, with ffmpeg');
  withRegionOptions(withThresholdOptions(command));
  withImageLimitOptions(command.optionsGroup('Images:'))
    .option(
      '--region <path>',
      'an image that is black where pixels do not count, or a folder with one for each image, named like it; for a bundle without a region',
    )
    .optionsGroup('Output:')
    .option('--json', 'one JSON object per image and line on stdout, and nothing else there')
    .option('--maps <dir>', "write each image's anomaly map to this folder")
    .addOption(new Option('--map-format <format>', 'see below').choices(MAP_FORMATS).default('png16'))
    .option('--overlays <dir>', 'write each image under its map in colors, regions framed')
    .option('--layers', "also each layer's log-likelihoods: extremes and mean with --json, maps with --maps")
    .optionsGroup('Film:')
    .option('--scores <csv>', 'a row for each frame')
    .option('--fps <n>', 'frames per second that are scored (default: all)', positiveNumber)
    .option('--gap <seconds>', 'bad frames up to this far apart are one event (default: 0.2)', positiveNumber)
    .optionsGroup('Exit code:')
    .option('--fail-on-bad', 'exit with 1 when an image is bad')
    .option('--strict', 'exit with 2 when an image could not be read');
  withPrecisionModeOption(withDeviceOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (bundle: string, images: string[], flags: PredictFlags) => {
      const { runPredict } = await import('./run.js');
      await runPredict(bundle, images, flags);
    });
}
