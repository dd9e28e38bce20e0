import { JOB_PRESETS } from '@cflow/spec';
import type { Preset } from '@cflow/training';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { withDetectorOptions, withScheduleOptions } from '../../options/detector-options.js';
import { withDeviceOptions } from '../../options/device-options.js';
import { withImageLimitOptions } from '../../options/image-limit-options.js';
import { byteSize, integer, nameList } from '../../options/option-value.js';
import type { BenchmarkFlags } from './flags.js';
import { TABLE_FORMATS } from './table-format.js';
import { collectVariant } from './variant-option.js';

const EXAMPLES = `
Examples:
  cflow synth parts && cflow benchmark parts          every material, three seeds
  cflow benchmark mvtec --categories bottle,screw --seeds 5
  cflow benchmark mvtec --presets memory,fast --backbones embedded,resnet18
  cflow benchmark tiles --backbones mobilenet_v2 --weights mobilenet_v2.safetensors --layers features.6,features.13
  cflow benchmark mvtec --input-size 384 --output large --compare mvtec.benchmark
  cflow benchmark mvtec --variant default --variant long:epochs=4 --variant small:backbone=resnet18,input-size=192
  cflow benchmark mvtec --variant a --variant b:fusion=standardized --chosen-on bottle,screw --format markdown
  cflow benchmark mvtec --json | jq .variants[0].average.imageAuroc

Each combination of category, variant (a backbone with a preset, or a --variant) and seed is a cell: a detector that is trained
and measured. Its result is one file in <output>/cells. A run that ended early, by kill -9 or otherwise, continues where it was
with the same command; finished cells are not repeated unless their images, backbone, options or the version of cflow have changed.

The spread is the standard deviation over seeds. --compare pairs the cells of two runs by category and seed, and prints
the mean of their differences; within a run the first variant is compared with each of the others. Where a choice among
variants was made by looking at some categories, --chosen-on keeps them apart from those that confirm it; with two variants
or more, the choice is also made on all categories but one and confirmed on that one, for each of them.`;

/** `cflow benchmark`. */
export function defineBenchmark(command: Command): void {
  command
    .description(
      'Trains and measures detectors on labelled data sets, with several seeds each, and says how good they are on average.',
    )
    .argument('<root>', 'a folder with one data set per category, in any layout, or one such data set');
  withBenchmarkOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (root: string, flags: BenchmarkFlags) => {
      const { runBenchmark } = await import('./run.js');
      await runBenchmark(root, flags);
    });
}

/** What is measured, and how; the data sets are given beside it. */
export function withBenchmarkOptions(command: Command): Command {
  command
    .optionsGroup('What is measured:')
    .option('--categories <names>', 'with commas between them (default: all)', nameList)
    .option(
      '--backbones <names>',
      'feature extractors to compare (default: the one that "cflow train" takes)',
      nameList,
    )
    .option(
      '--presets <names>',
      `presets to compare, of ${JOB_PRESETS.join(', ')} (default: memory, or what the options ask for)`,
      presets,
    )
    .option(
      '--variant <name:options>',
      'a detector to compare: a name and the options in which it differs, as in large:input-size=384,epochs=4; may be given several times, the first is the one that the others are compared with',
      collectVariant,
    )
    .option(
      '--chosen-on <names>',
      'categories that choices were based on, averaged separately from those that confirm them',
      nameList,
    )
    .option('--seeds <n>', 'seeds per category', integer(1, 1000), 3)
    .option('--first-seed <n>', 'the first seed', integer(0, 0xffff_fc00), 0)
    .option('--weights <files>', 'a safetensors file per backbone (default: what was pulled)', nameList)
    .addOption(
      new Option('--precision <precision>', 'how weights are stored')
        .choices(['float32', 'float16'])
        .default('float32'),
    )
    .addOption(
      new Option('--missing-masks <mode>', 'bad images without a mask where others have one')
        .choices(['error', 'ignore'])
        .default('error'),
    )
    .optionsGroup('Detector, the same for all:');
  withImageLimitOptions(command);
  withDetectorOptions(command).optionsGroup('Training, the same for all:');
  withScheduleOptions(command)
    .option('--strict', 'stop at an image that cannot be read, instead of leaving it out')
    .option(
      '--feature-cache-bytes <size>',
      'disk for cached features, such as 2GiB (default: 8GiB)',
      byteSize,
    )
    .optionsGroup('Result:')
    .option('-o, --output <dir>', 'results, and what a run needs to continue (default: ./<root>.benchmark)')
    .option('--compare <run>', 'the folder, or benchmark.json, of another run to compare with')
    .option('--keep-bundles', 'keep the detectors, in <output>/bundles')
    .addOption(new Option('--format <format>', 'of the tables').choices(TABLE_FORMATS).default('text'))
    .option('--json', 'one JSON object on stdout, and nothing else there')
    .option('--quiet', 'no progress');
  return withDeviceOptions(command);
}

function presets(text: string): Preset[] {
  const names = nameList(text);
  const unknown = names.filter((name) => !(JOB_PRESETS as readonly string[]).includes(name));
  if (unknown.length === 0) return names as Preset[];
  throw new InvalidArgumentError(`Unknown: ${unknown.join(', ')}. Presets: ${JOB_PRESETS.join(', ')}.`);
}
