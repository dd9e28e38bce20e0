import type { DataSetLayout } from '@cflow/spec';
import { type Command, Option } from 'commander';

const LAYOUTS: readonly DataSetLayout[] = ['mvtec', 'visa', 'btech', 'kolektor', 'folder', 'csv', 'glob'];

export interface DataSetFlags {
  layout?: DataSetLayout;
  category?: string;
  missingMasks?: 'error' | 'ignore';
}

/** The options of every command that reads a data set. */
export function withDataSetOptions(command: Command): Command {
  return command
    .optionsGroup('Data set:')
    .addOption(
      new Option('--layout <layout>', 'how the folder is laid out (default: recognised)').choices(LAYOUTS),
    )
    .option('--category <name>', 'which one, where a folder holds several data sets')
    .addOption(
      new Option('--missing-masks <mode>', 'bad images without a mask where others have one')
        .choices(['error', 'ignore'])
        .default('error'),
    );
}

/** The flags as options of `openDataSet`. */
export function dataSetOptions({ layout, category, missingMasks }: DataSetFlags): {
  layout?: DataSetLayout;
  category?: string;
  missingMasks?: 'error' | 'ignore';
} {
  return {
    ...(layout && { layout }),
    ...(category !== undefined && { category }),
    ...(missingMasks && { missingMasks }),
  };
}

/** What the arguments name: one data set, or a list of files, folders and globs. */
export const dataSetSource = (paths: readonly string[]): string | readonly string[] =>
  paths.length === 1 ? (paths[0] as string) : paths;
