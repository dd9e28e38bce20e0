import { interruptible } from '../../interruptible.js';
import { DownloadBar } from '../../terminal/download-bar.js';
import { formatBytes } from '../../terminal/format.js';
import { noteLine, printLine } from '../../terminal/output.js';
import { tableLines } from '../../terminal/table.js';
import type { CudaPackage } from './cuda-packages.js';
import type { InstallFlags } from './flags.js';
import { type InstalledCuda, installCuda } from './install-cuda.js';

const PLACES = { here: 'is there', cache: 'from the cache', fetched: 'fetched' } as const;

/** Lays out the CUDA libraries, and prints what lies where. */
export async function runInstall({ into, json }: InstallFlags): Promise<void> {
  const progress = new DownloadBar();
  const installed = await interruptible((signal) =>
    installCuda({
      into,
      signal,
      onProgress: ({ received, total }) => progress.update(received, total),
      onPackage: ({ package: name, version }: CudaPackage, place) => {
        progress.stop();
        noteLine(`${name} ${version}: ${PLACES[place]}`);
      },
    }),
  ).finally(() => progress.stop());
  if (json) printLine(JSON.stringify(installed));
  else for (const line of lines(installed)) printLine(line);
}

function lines({ folder, packages }: InstalledCuda): string[] {
  const columns = [
    { title: 'package' },
    { title: 'version' },
    { title: 'archive', align: 'right' as const },
    { title: 'libraries', align: 'right' as const },
  ];
  const sizes = packages.map(({ files }) => files.reduce((sum, { size }) => sum + size, 0));
  const rows = packages.map((each, i) => [
    each.package,
    each.version,
    formatBytes(each.archiveBytes),
    formatBytes(sizes[i]!),
  ]);
  const total = (numbers: readonly number[]): string => formatBytes(numbers.reduce((sum, n) => sum + n, 0));
  rows.push(['all', '', total(packages.map(({ archiveBytes }) => archiveBytes)), total(sizes)]);
  return [...tableLines(columns, rows), '', `in ${folder}`, 'Whether they work here: cflow doctor'];
}
