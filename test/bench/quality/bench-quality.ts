// How well detectors find, beside others on the same features: the cells of `cflow benchmark`, with peers among them.
import { Command, InvalidArgumentError } from 'commander';
import { withBenchmarkOptions } from '../../../packages/cli/src/commands/benchmark/command.js';
import type { BenchmarkFlags } from '../../../packages/cli/src/commands/benchmark/flags.js';
import { namedFlags } from '../../../packages/cli/src/commands/benchmark/own-variants.js';
import { runBenchmark } from '../../../packages/cli/src/commands/benchmark/run.js';
import { withBackbones } from '../../../packages/cli/src/commands/benchmark/with-backbones.js';
import { integer, nameList } from '../../../packages/cli/src/options/option-value.js';
import { findPython } from '../peer/find-python.js';
import { PEERS, type PeerName, peerVariants } from './peers.js';

interface QualityFlags extends BenchmarkFlags {
  root: string;
  sets?: string[];
  peers?: PeerName[];
  peerLayers?: string[];
  peerEpochs: number;
}

/**
 * `bench quality --root <folder>`, with all options of `cflow benchmark`.
 * @param repository where a Python with anomalib may have been made
 */
export async function benchQuality(
  args: readonly string[],
  repository: string,
  log: (text: string) => void,
): Promise<void> {
  const command = new Command('bench -- quality')
    .requiredOption('--root <folder>', 'a folder with one data set per category, or one data set')
    .option('--sets <names>', 'data sets to take, as --categories (default: all)', nameList);
  withBenchmarkOptions(command)
    .optionsGroup('Beside the first detector, on its features:')
    .option('--peers <names>', `of ${PEERS.join(', ')}, or none (default: those that can be had)`, peers)
    .option('--peer-layers <names>', 'taps of neighbors and patchcore (default: the two finest)', nameList)
    .option('--peer-epochs <n>', "passes of anomalib's Cflow", integer(1), 12)
    .parse(args, { from: 'user' });
  const given = command.opts<QualityFlags>();
  const flags = { ...given, ...(await withBackbones(given)) };
  const categories = flags.sets ?? flags.categories;
  const found = await findPython(repository);
  const python = 'python' in found ? found.python : undefined;
  if (!python) log(`not compared with anomalib: ${(found as { missing: string }).missing}`);
  const names = (flags.peers ?? PEERS).filter((name) => name === 'neighbors' || python !== undefined);
  const [beside] = namedFlags(flags);
  const variants =
    names.length > 0 && beside
      ? await peerVariants({ names, beside, layers: flags.peerLayers, epochs: flags.peerEpochs, python })
      : [];
  await runBenchmark(flags.root, { ...flags, ...(categories && { categories }) }, variants);
}

function peers(text: string): PeerName[] {
  if (text === 'none') return [];
  const names = nameList(text);
  const unknown = names.filter((name) => !(PEERS as readonly string[]).includes(name));
  if (unknown.length === 0) return names as PeerName[];
  throw new InvalidArgumentError(`Unknown: ${unknown.join(', ')}. Peers: ${PEERS.join(', ')}, or none.`);
}
