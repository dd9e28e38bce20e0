import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Machine } from './report.js';

type Gpu = Machine['gpus'][number];
interface FoundGpus {
  gpus: Gpu[];
  gpuSource: string;
}

/** What this machine is; of GPUs only what a driver or the kernel says of itself. */
export async function describeMachine(): Promise<Machine> {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return {
    processor: cpus()[0]?.model.trim() || process.arch,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}/${process.arch} ${release()}`,
    node: process.version,
    onnxruntime: version,
    ...(await findGpus()),
  };
}

async function findGpus(): Promise<FoundGpus> {
  const asked = await promisify(execFile)(
    'nvidia-smi',
    ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader,nounits'],
    { timeout: 30_000 },
  ).catch((error: NodeJS.ErrnoException) => error);
  if ('stdout' in asked) {
    const gpus = readNvidiaSmi(String(asked.stdout));
    if (gpus.length > 0) return { gpus, gpuSource: 'nvidia-smi' };
  }
  const cards = await renderNodes('/sys/class/drm');
  if (cards.length > 0) return { gpus: cards, gpuSource: 'the kernel (/sys/class/drm)' };
  return {
    gpus: [],
    gpuSource: 'none found: nvidia-smi names none or is not there, and the kernel has no render node',
  };
}

/** Lines of `name, driver version, MiB`. Anything else, such as an error on stdout, names no GPU. */
export function readNvidiaSmi(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(.+), ([\d.]+), (\d+|\[.*\])$/.exec(line.trim());
    if (!found) return [];
    const memory = Number(found[3]);
    return [
      {
        name: found[1] as string,
        driver: found[2] as string,
        memoryMiB: memory > 0 ? memory : null,
      },
    ];
  });
}

/** Cards that the kernel offers for computing, by the numbers of their makers: names need a table that we have not. */
export async function renderNodes(folder: string): Promise<Gpu[]> {
  const names = await readdir(folder).catch(() => []);
  const cards = names.filter((name) => /^renderD\d+$/.test(name)).sort();
  return Promise.all(
    cards.map(async (card) => {
      const read = (file: string): Promise<string> =>
        readFile(join(folder, card, 'device', file), 'utf8').then(
          (text) => text.trim(),
          () => 'unknown',
        );
      const event = await read('uevent');
      const driver = /^DRIVER=(.+)$/m.exec(event)?.[1] ?? 'unknown';
      return {
        name: `PCI ${await read('vendor')}:${await read('device')} (${card})`,
        driver,
        memoryMiB: null,
      };
    }),
  );
}
