import type { ImageLimits } from '@cflow/images/node';
import { ConfigurationError, DATA_SET_LAYOUTS, dataSetReadingFields } from '@cflow/spec';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { type ImageLimitFlags, imageLimits, withImageLimitOptions } from './image-limit-options.js';

/** Named as in jobs. */
export type DataSetReadingFlags = {
  [K in keyof typeof dataSetReadingFields]?: z.output<(typeof dataSetReadingFields)[K]>;
};
export type DataSetFlags = DataSetReadingFlags & ImageLimitFlags;

/** The options of every command that reads a data set. */
export function withDataSetOptions(command: Command): Command {
  const described = command
    .optionsGroup('Data set:')
    .addOption(
      new Option('--layout <layout>', 'how it is laid out (default: recognized)').choices(DATA_SET_LAYOUTS),
    )
    .option('--category <name>', 'which one, where a folder holds several data sets')
    .option('--good <paths...>', 'folders, files or globs of good images, wherever they are')
    .option('--bad <paths...>', 'the same for bad images; folders in them are kinds of defect')
    .option('--masks <paths...>', 'the same for masks, named like the bad images that they belong to')
    .option(
      '--region <path>',
      'an image that is black where pictures do not count, or a folder with one for each picture, named like it: what is black takes no part in anything (default: everything counts)',
    )
    .addOption(
      new Option('--missing-masks <mode>', 'bad images without a mask, or with an empty one')
        .choices(['error', 'ignore'])
        .default('error'),
    );
  return withImageLimitOptions(described);
}

/** The flags as options of `openDataSet`. */
export function dataSetOptions(flags: DataSetFlags): DataSetReadingFlags & { limits?: ImageLimits } {
  const limits = imageLimits(flags);
  const given = Object.entries(flags).filter(
    ([name, value]) => Object.hasOwn(dataSetReadingFields, name) && value !== undefined,
  );
  return { ...(limits && { limits }), ...Object.fromEntries(given) };
}

/**
 * What the arguments name: one data set, or a list of files, folders and globs; nothing, where folders are named as good.
 * @throws ConfigurationError
 */
export function dataSetSource(
  paths: readonly string[],
  { good, bad }: DataSetFlags,
): string | readonly string[] {
  if (paths.length === 0 && !good && !bad) {
    throw new ConfigurationError('expected a data set, or folders of good images with --good; got neither');
  }
  return paths.length === 1 ? (paths[0] as string) : paths;
}
