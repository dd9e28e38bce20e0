import { type Command, Option } from 'commander';
import { withDeviceOptions } from '../../options/device-options.js';
import { withImageLimitOptions } from '../../options/image-limit-options.js';
import { imageSize, nameList } from '../../options/option-value.js';
import type { ImportFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow import model.ckpt --good photos/good
  cflow import model.ckpt --good photos/good --name bottle --output bottle.cflow
  cflow import model.ckpt --good photos/good --backbone net.onnx --layers relu2,relu3

The file is read as data: nothing in it is run, and a file that would need that is refused. anomalib measures likelihoods against
the largest of the images that share a batch, so that a score depends on them. Here they are measured against the largest on
the good images: the scores are those that anomalib gives where all of them share a batch. Thresholds and false-alarm
probabilities are calibrated on the same images; give some that the checkpoint was not trained on.`;

/** `cflow import`. */
export function defineImport(command: Command): void {
  command
    .description(
      "Makes a detector from a checkpoint of anomalib's Cflow (.ckpt, .pt), with the scores that anomalib gives.",
    )
    .argument('<checkpoint>', 'a file that Lightning wrote')
    .option('--good <paths...>', 'folders, files or globs of good images to calibrate on');
  withImageLimitOptions(command)
    .optionsGroup('Result:')
    .option('-o, --output <dir>', 'the bundle (default: ./<name>.cflow)')
    .option('--name <name>', 'name of the detector (default: that of the file)')
    .addOption(
      new Option('--precision <precision>', 'how weights are stored; computed in float32 either way')
        .choices(['float32', 'float16'])
        .default('float32'),
    )
    .optionsGroup('What the checkpoint leaves out, or gets wrong:')
    .option('--backbone <name>', "timm's name of the network, or an ONNX file of it where it is not built in")
    .option(
      '--layers <names>',
      'layers that are tapped, in the order of the decoders, with commas between them',
      nameList,
    )
    .option('--input-size <size>', 'pixels that images are resized to: 256, or HEIGHTxWIDTH', imageSize)
    .optionsGroup('Output:')
    .option('--strict', 'stop at an image that cannot be read, instead of leaving it out')
    .option('--json', 'one JSON object on stdout: bundle, threshold, what was assumed')
    .option('--quiet', "no progress; print the bundle's path only");
  withDeviceOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (checkpoint: string, flags: ImportFlags) => {
      const { runImport } = await import('./run.js');
      await runImport(checkpoint, flags);
    });
}
