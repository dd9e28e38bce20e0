import type { Command } from 'commander';

const EXAMPLES = `
Examples:
  cflow doctor
  cflow doctor --json | jq '.devices[] | select(.available) | .device'

Each device is tried in a process of its own with two small graphs whose results are known, so that a driver that
crashes, hangs or computes wrongly is caught and named. Exits with 1 when no device works.`;

/** `cflow doctor`. */
export function defineDoctor(command: Command): void {
  command
    .description(
      'Shows the devices of this machine, with the reason where one does not work; versions, cache, backbone.',
    )
    .option('--json', 'one JSON object on stdout, and nothing else there')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: { json?: true }) => {
      const { runDoctor } = await import('./run.js');
      await runDoctor(flags);
    });
}
