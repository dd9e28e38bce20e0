import { type Command, Option } from 'commander';
import { integer } from './option-value.js';

export interface DeviceFlags {
  device: 'auto' | 'cuda' | 'webgpu' | 'cpu';
  threads?: number;
}

/** The options of every command that runs a detector. */
export function withDeviceOptions(command: Command): Command {
  return command
    .optionsGroup('Device:')
    .addOption(
      new Option('--device <device>', 'where to compute; auto takes the best that gives right numbers')
        .choices(['auto', 'cuda', 'webgpu', 'cpu'])
        .default('auto'),
    )
    .option('--threads <n>', 'CPU threads (default: one per core)', integer(1, 1024));
}
