import { MATERIALS, MAX_COUNT, MAX_SIZE, type MaterialName, MIN_SIZE } from '@cflow/synth';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { integer, nameList } from '../../options/option-value.js';
import type { SynthFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow synth parts                                    all materials
  cflow synth parts --materials wood,leather --train 100
  cflow synth parts --size 512 --seed 7

Materials: ${MATERIALS.join(', ')}.
Each becomes a data set in the layout of MVTec AD: <dir>/<material>/train/good, test/good, test/<defect>,
ground_truth/<defect>. The same options give the same bytes on every machine.`;

/** `cflow synth`. */
export function defineSynth(command: Command): void {
  command
    .description(
      'Renders images of good and damaged parts with masks, from a seed: data to try things with, made by code.',
    )
    .argument('<dir>', 'folder that gets one data set per material')
    .addOption(
      new Option('--materials <names>', 'with commas between them')
        .argParser(materials)
        .default([...MATERIALS], 'all'),
    )
    .option('--train <n>', 'good images for training, per material', integer(0, MAX_COUNT), 60)
    .option('--test-good <n>', 'good images for testing, per material', integer(0, MAX_COUNT), 20)
    .option('--per-defect <n>', 'bad images for testing, per kind of defect', integer(0, MAX_COUNT), 8)
    .option('--size <pixels>', 'width and height', integer(MIN_SIZE, MAX_SIZE), 256)
    .option('--seed <n>', 'seed of every random choice', integer(0, 0xffffffff), 0)
    .option('--json', 'one JSON object on stdout: folders and numbers of images')
    .option('--quiet', 'print the folders only')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, flags: SynthFlags) => {
      const { runSynth } = await import('./run.js');
      await runSynth(folder, flags);
    });
}

function materials(text: string): MaterialName[] {
  const names = nameList(text);
  const unknown = names.filter((name) => !MATERIALS.includes(name as MaterialName));
  if (unknown.length === 0) return names as MaterialName[];
  throw new InvalidArgumentError(`Unknown: ${unknown.join(', ')}. Materials: ${MATERIALS.join(', ')}.`);
}
