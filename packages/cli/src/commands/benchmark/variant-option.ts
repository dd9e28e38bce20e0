import { JOB_PRESETS } from '@cflow/spec';
import type { Preset } from '@cflow/training';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import {
  type DetectorFlags,
  type ScheduleFlags,
  withDetectorOptions,
  withScheduleOptions,
} from '../../options/detector-options.js';

/** What a variant decides: the options of a detector and of its training, except the seed. */
export interface VariantFlags extends DetectorFlags, ScheduleFlags {
  backbone: string;
  preset: Preset;
  /** A weights file for the backbone. */
  weights?: string | undefined;
  precision: 'float32' | 'float16';
}

/** `name:option=value,…` of the command line. */
export interface NamedVariant {
  name: string;
  /** What it says of itself. */
  flags: Partial<VariantFlags>;
}

/**
 * One more variant, from `name:option=value,option=value`. Options are those of the command, without the dashes; a comma
 * with no option behind it belongs to the value, as in `layers=a,b`. A switch takes `true` or `false`.
 *
 * @throws InvalidArgumentError
 */
export function collectVariant(text: string, before: readonly NamedVariant[] = []): NamedVariant[] {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  if (name === '') {
    throw new InvalidArgumentError('Expected a name, such as in large:input-size=384,epochs=4.');
  }
  const given = colon < 0 ? '' : text.slice(colon + 1);
  return [...before, { name, flags: parseOptions(given) }];
}

function parseOptions(text: string): Partial<VariantFlags> {
  const command = variantCommand();
  const args = text === '' ? [] : text.split(NEXT_OPTION).map((option) => argumentOf(option, command));
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new InvalidArgumentError(error.message.replace(/^error: /, ''));
  }
  // Options that are left out are those of the command line, not the defaults of this parser.
  const said = Object.entries(command.opts()).filter(([key]) => command.getOptionValueSource(key) === 'cli');
  return Object.fromEntries(said);
}

/** A comma with an option behind it. */
const NEXT_OPTION = /,(?=[a-z-]{1,40}=)/;

/** `key=value` as an argument: switches have no value, and one that is off has another name. */
function argumentOf(option: string, { options }: Command): string {
  const equals = option.indexOf('=');
  const [key, value] = [option.slice(0, equals).trim(), option.slice(equals + 1).trim()];
  if (equals < 1) {
    throw new InvalidArgumentError(`Expected option=value after the name, got "${option}".`);
  }
  if (value === 'true' || value === 'false') {
    const wanted = value === 'true' ? `--${key}` : `--no-${key}`;
    if (options.some(({ long, required }) => long === wanted && !required)) return wanted;
  }
  return `--${key}=${value}`;
}

/** The options that a variant may have, as they are read on the command line. */
function variantCommand(): Command {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .helpOption(false)
    .option('--backbone <name>', 'feature extractor')
    .option('--weights <file>', 'weights for it')
    .addOption(new Option('--preset <name>', 'how it is trained').choices(JOB_PRESETS))
    .addOption(
      new Option('--precision <precision>', 'how weights are stored').choices(['float32', 'float16']),
    );
  return withScheduleOptions(withDetectorOptions(command));
}
