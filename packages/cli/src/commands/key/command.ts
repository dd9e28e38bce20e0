import { type Command, Option } from 'commander';
import type { KeyFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow key camera-7                                 a key that may predict and read
  cflow key ci --scopes train,read --file keys.json  added to a file for "cflow serve --api-keys"

The key is shown once. The service keeps its SHA-256 only.`;

/** `cflow key`. */
export function defineKey(command: Command): void {
  command
    .description('Makes an API key for the service.')
    .argument('<name>', 'who it is for; appears in logs')
    .addOption(
      new Option('--scopes <list>', 'what it may be used for: predict, read, train, admin')
        .argParser((text: string) => text.split(','))
        .default(['predict', 'read'], 'predict,read'),
    )
    .option('--rate <r>', 'requests per second and burst, such as 20:40')
    .option('--file <path>', 'JSON file of keys that the entry is added to')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, flags: KeyFlags) => {
      const { runKey } = await import('./run.js');
      await runKey(name, flags);
    });
}
