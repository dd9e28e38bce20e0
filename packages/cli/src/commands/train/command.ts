import { detectorConfigurationSchema, JOB_PRESETS, METHODS } from '@cflow/spec';
import { type Command, Option } from 'commander';
import { withDataSetOptions } from '../../options/data-set-options.js';
import { withDetectorOptions, withScheduleOptions } from '../../options/detector-options.js';
import { withDeviceOptions } from '../../options/device-options.js';
import { byteSize, integer } from '../../options/option-value.js';
import type { TrainFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow train bottle                                a folder in the layout of MVTec AD: train/good, test/...
  cflow train photos/good                           good images only
  cflow train 'line1/*.png' 'line2/*.png' --name lid
  cflow train --good shots/ok --bad shots/ng --masks marked --name lid
  cflow inspect bottle                              how a data set is understood, without training
  cflow train bottle --backbone resnet18.a1_in1k    with weights fetched by "cflow backbone pull resnet18.a1_in1k"
  cflow train bottle --backbone net.onnx --layers tensor1,tensor2
  cflow train bottle --method flow                  a normalizing flow, trained in minutes, instead of a memory
  cflow train bottle --preset anomalib --epochs 20  the recipe of the reference implementation
  cflow train bottle --resume                       go on after an interruption
  cflow train bottle --json | jq -c 'select(.type == "epoch")'

The bundle replaces an older one of the same name only when it is complete. Until then everything is kept in
<output>.training, which --resume continues from and which is removed at the end.`;

/** `cflow train`. */
export function defineTrain(command: Command): void {
  const defaults = detectorConfigurationSchema.parse({});
  command
    .description(
      'Trains a detector on images of good parts and writes it as a bundle: a folder that predict, evaluate and export take. Labelled test images, where there are any, give the figures of the report.',
    )
    .argument(
      '[paths...]',
      'a data set (folder, table or ZIP archive), or files, folders and globs of good images',
    )
    .optionsGroup('Result:')
    .option('-o, --output <dir>', 'the bundle (default: ./<name>.cflow)')
    .option('--name <name>', 'name of the detector (default: that of the data set)')
    .addOption(
      new Option('--precision <precision>', 'how weights are stored; computed in float32 either way')
        .choices(['float32', 'float16'])
        .default('float32'),
    )
    .option('--no-evaluate', 'do not evaluate on the test images')
    .optionsGroup('Detector:')
    .option(
      '--backbone <name>',
      'feature extractor ("cflow backbone list") or an ONNX file (default: efficientnet_lite0, fetched once; embedded where that cannot be fetched)',
    )
    .option(
      '--weights <file>',
      'its weights, a safetensors file of timm or torchvision (default: what was pulled)',
    );
  withDetectorOptions(command)
    .option('--seed <n>', `seed of every random choice (default: ${defaults.seed})`, integer(0, 0xffffffff))
    .optionsGroup('Training:')
    .addOption(
      new Option(
        '--method <method>',
        'memory: keep what good images look like, and compare; flow: learn their density (default: memory, or what the options ask for)',
      ).choices(METHODS),
    )
    .addOption(
      new Option(
        '--preset <preset>',
        'memory; or, for a flow, fast, anomalib (the recipe of the reference) or paper (that of the original repository) (default: memory, or fast for a flow)',
      ).choices(JOB_PRESETS),
    );
  withScheduleOptions(command)
    .option('--resume', 'continue an interrupted run, with the options that it was started with')
    .option('--strict', 'stop at an image that cannot be read, instead of leaving it out')
    .option(
      '--feature-cache-bytes <size>',
      'disk for cached features, such as 2GiB (default: 8GiB)',
      byteSize,
    );
  withDataSetOptions(command)
    .optionsGroup('Output:')
    .option('--json', 'events as JSON lines on stdout, and nothing else there')
    .option('--quiet', "no progress; print the bundle's path only");
  withDeviceOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: TrainFlags) => {
      const { runTrain } = await import('./run.js');
      // Commander fills in defaults, which must not override what an earlier run was told.
      const given = Object.keys(flags).filter((name) => command.getOptionValueSource(name) !== 'default');
      await runTrain(paths, flags, new Set(given));
    });
}
