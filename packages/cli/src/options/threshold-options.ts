import { type Command, Option } from 'commander';
import { finiteNumber, rate } from './option-value.js';

export interface ThresholdFlags {
  threshold?: number;
  falseAlarmRate?: number;
}

/** The options that say from which score an image is bad. */
export function withThresholdOptions(command: Command): Command {
  return command
    .optionsGroup('Threshold:')
    .option('--threshold <score>', "score from which an image is bad (default: the detector's)", finiteNumber)
    .addOption(
      new Option(
        '--false-alarm-rate <rate>',
        'instead: share of good images that may be called bad, such as 0.01',
      )
        .argParser(rate)
        .conflicts('threshold'),
    );
}

/** The flags as options of a prediction. */
export function thresholdOf({ threshold, falseAlarmRate }: ThresholdFlags): ThresholdFlags {
  return {
    ...(threshold !== undefined && { threshold }),
    ...(falseAlarmRate !== undefined && { falseAlarmRate }),
  };
}
