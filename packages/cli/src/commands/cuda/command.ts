import type { Command } from 'commander';
import type { InstallFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow cuda install
  cflow cuda install --into /opt/cuda

The libraries come from PyPI, each wheel pinned by its SHA-256: 1.2 GB to fetch, 1.5 GB laid out. They are NVIDIA's and
Microsoft's, under their licenses. What is already there is not fetched again, and an interrupted run continues.

Environment:
  PIP_INDEX_URL  a mirror of PyPI
  CFLOW_CACHE    the folder where the wheels are kept ("cflow doctor" shows it)`;

/** `cflow cuda`. */
export function defineCuda(command: Command): void {
  command.description(
    'Installs what ONNX Runtime needs on NVIDIA cards, which no npm package holds. For linux/x64.',
  );
  command.addHelpText('after', EXAMPLES);
  command
    .command('install')
    .description('fetch the CUDA libraries, check them and lay them out')
    .option('--into <folder>', 'where they go (default: beside ONNX Runtime)')
    .option('--json', 'one JSON object on stdout')
    .option('--verbose', 'show where an error happened')
    .action(async (flags: InstallFlags) => {
      const { runInstall } = await import('./run.js');
      await runInstall(flags);
    });
}
