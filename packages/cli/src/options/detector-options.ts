import {
  DECODERS,
  type DetectorConfiguration,
  detectorConfigurationSchema,
  FUSIONS,
  GEOMETRIES,
  type Geometry,
  OUT_OF_RANGE,
} from '@cflow/spec';
import { type Command, Option } from 'commander';
import {
  finiteNumber,
  imageSize,
  integer,
  integerOrNone,
  nameList,
  positiveNumber,
  sampleRange,
} from './option-value.js';

/** A detector's options on the command line; those left out are the preset's or the configuration's defaults. */
export type DetectorFlags = Partial<Omit<DetectorConfiguration, 'backbone' | 'seed' | 'geometry'>> & {
  /** `auto` means the same as leaving it out. */
  geometry?: Geometry | 'auto';
};

/** The parameters of a detector except its backbone and its seed. */
export function withDetectorOptions(command: Command): Command {
  const defaults = detectorConfigurationSchema.parse({});
  return command
    .option('--layers <names>', "layers to tap, with commas between them (default: the backbone's)", nameList)
    .option('--no-pre-trained', 'random weights for the backbone instead')
    .addOption(
      new Option(
        '--decoder <kind>',
        `conditioned on the position or not (default: ${defaults.decoder})`,
      ).choices(DECODERS),
    )
    .option(
      '--condition-vector <n>',
      `length of the positional encoding, a multiple of 4 (default: ${defaults.conditionVector})`,
      integer(1),
    )
    .option(
      '--coupling-blocks <n>',
      `coupling blocks per decoder (default: ${defaults.couplingBlocks})`,
      integer(1),
    )
    .option('--clamp-alpha <x>', `clamp of the log scale (default: ${defaults.clampAlpha})`, positiveNumber)
    .option('--permute-soft', "random rotations instead of random permutations (default: the preset's)")
    .option('--no-permute-soft', 'random permutations')
    .addOption(
      new Option(
        '--fusion <kind>',
        `how the layers become one map: by likelihood, as in the reference, or by how far each place is from what is usual there (default: ${defaults.fusion})`,
      ).choices(FUSIONS),
    )
    .option(
      '--input-size <size>',
      `pixels that images are resized to: 256, or HEIGHTxWIDTH (default: ${defaults.inputSize[0]})`,
      imageSize,
    )
    .addOption(
      new Option(
        '--geometry <kind>',
        'how pictures are brought to that size: squeezed; padded or cropped, which keep their shape; or cut into tiles, for large or long ones (default: by their shapes and sizes)',
      ).choices(['auto', ...GEOMETRIES]),
    )
    .option('--tile-size <size>', 'pixels of a tile: 256, or HEIGHTxWIDTH (default: 256)', imageSize)
    .option(
      '--range <low:high>',
      'lowest and highest value of samples of more than 8 bits, such as 0:4095 (default: found over the good images)',
      sampleRange,
    )
    .addOption(
      new Option(
        '--out-of-range <what>',
        'what to do with an image that does not fit the range, in training and in scoring (default: warn)',
      ).choices(OUT_OF_RANGE),
    );
}

/** A training run's options on the command line, beyond its preset. */
export interface ScheduleFlags {
  epochs?: number;
  imageBatchSize?: number;
  validationFraction?: number;
  contamination?: number;
  patience?: number | 'none';
}

/** Overrides of what a preset decides. */
export function withScheduleOptions(command: Command): Command {
  return command
    .option('--epochs <n>', "passes over the images (default: the preset's)", integer(1))
    .option(
      '--lr <x>',
      "learning rate of Adam; with preset fast the rate for 256 hidden units, and 256/n of it for decoders with n (default: the preset's)",
      positiveNumber,
    )
    .option(
      '--fiber-batch-size <n>',
      "feature vectors per optimizer step (default: the preset's)",
      integer(1),
    )
    .option(
      '--image-batch-size <n>',
      "images whose fibers are shuffled together (default: the preset's)",
      integer(1),
    )
    .option(
      '--validation-fraction <x>',
      "share of the good images held out for early stopping and calibration, 0 to 0.5 (default: the preset's)",
      finiteNumber,
    )
    .option(
      '--contamination <x>',
      'share of the good images that may be bad, 0 to 0.4: that many of the most unusual are left out (default: 0)',
      finiteNumber,
    )
    .option(
      '--patience <n>',
      "stop after this many epochs without progress, or none (default: the preset's)",
      integerOrNone,
    );
}
