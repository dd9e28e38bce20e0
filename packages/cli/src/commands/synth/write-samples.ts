import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { StorageError } from '@cflow/spec';
import type { PlannedSample } from '@cflow/synth';
import { writePng } from '@cflow/visual/node';

/**
 * Refuses folders that hold files of anything else: images of another data set would mix with this one unnoticed.
 * @throws StorageError that names the first such file
 */
export async function refuseOtherFiles(folder: string, samples: readonly PlannedSample[]): Promise<void> {
  const planned = new Set(samples.flatMap(({ path, maskPath }) => (maskPath ? [path, maskPath] : [path])));
  for (const material of new Set(samples.map((sample) => sample.material))) {
    const root = join(folder, material);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const name = path
        .slice(join(folder, 'x').length - 1)
        .split(sep)
        .join('/');
      if (planned.has(name)) continue;
      throw new StorageError(
        'store',
        `"${root}" holds files that are not of this data set, such as ${name}; choose another folder or remove it`,
        { details: { path } },
      );
    }
  }
}

/** Renders and writes images and masks, in their order. */
export async function writeSamples(
  folder: string,
  samples: readonly PlannedSample[],
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<void> {
  let done = 0;
  for (const { path, maskPath, render } of samples) {
    signal.throwIfAborted();
    const { image, mask } = render();
    await write(join(folder, path), image);
    if (maskPath !== undefined) await write(join(folder, maskPath), mask);
    onProgress(++done);
  }
}

async function write(path: string, picture: Parameters<typeof writePng>[1]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writePng(path, picture);
}
