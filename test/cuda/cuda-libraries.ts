import { join } from 'node:path';
import { cacheFolder } from '@cflow/model/node';
import { type InstalledCuda, installCuda } from '../../packages/cli/src/commands/cuda/install-cuda.js';

/**
 * The libraries of the image, laid out once in a folder outside the checkout and kept there: 1.2 GB are fetched the first
 * time, and nothing is asked of anybody the second.
 */
export async function cudaLibraries(note: (line: string) => void = () => undefined): Promise<InstalledCuda> {
  return installCuda({
    into: join(cacheFolder(), 'cuda'),
    linkIn: null,
    onPackage: ({ package: name, version }, place) => note(`${name} ${version}: ${place}`),
  });
}

/** Why they cannot be had here, for a test to be skipped with; undefined where they are there now. */
export async function whyNoCuda(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'CUDA is for linux/x64';
  try {
    await cudaLibraries();
    return undefined;
  } catch (error) {
    return `CUDA's libraries cannot be had: ${(error as Error).message}`;
  }
}
