import { PRECISION_MODES, type PrecisionMode } from '@cflow/spec';
import { type Command, Option } from 'commander';
import { integer } from './option-value.js';

export interface DeviceFlags {
  device: 'auto' | 'cuda' | 'webgpu' | 'cpu';
  threads?: number;
  precisionMode?: PrecisionMode;
}

/** The options of every command that runs a detector. */
export function withDeviceOptions(command: Command): Command {
  return command
    .optionsGroup('Device:')
    .addOption(
      new Option('--device <device>', 'where to compute; auto takes the best one that computes correctly')
        .choices(['auto', 'cuda', 'webgpu', 'cpu'])
        .default('auto'),
    )
    .option('--threads <n>', 'CPU threads (default: one per core)', integer(1, 1024));
}

/** For commands that score: how a card multiplies. */
export function withPrecisionModeOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--precision-mode <mode>',
      'throughput: NVIDIA cards round products to TF32, for a detector that "cflow calibrate" calibrated for it (default: exact)',
    ).choices(PRECISION_MODES),
  );
}

/** The mode applies to the whole process and to those that it starts, so it is set before a device is touched. */
export function usePrecisionMode({ precisionMode }: Pick<DeviceFlags, 'precisionMode'>): void {
  if (precisionMode !== undefined) process.env.CFLOW_PRECISION_MODE = precisionMode;
}
