import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isSoftwareDriver } from './vulkan-choices.js';

/** Libraries of graphics drivers in a process. */
export interface LoadedDrivers {
  libraries: string[];
  /** Whether they compute on the CPU; null when none is known, so that nothing can be said. */
  software: boolean | null;
}

const DRIVER = /vk_swiftshader|libvulkan_\w+|nvidia|libcuda\.so|libamdvlk|amdvlk64|providers_cuda/i;
/** Vulkan's own loader and layers of Mesa are no drivers. */
const NO_DRIVER = /libvulkan\.so|device_select/i;

/**
 * The drivers that this process has mapped, which says what computed where no name can be asked for: Dawn tells nobody
 * which adapter it took. A process that was given one Vulkan driver has only that one.
 */
export async function loadedDrivers(maps = '/proc/self/maps'): Promise<LoadedDrivers> {
  return readDrivers(await readFile(maps, 'utf8').catch(() => ''));
}

export function readDrivers(maps: string): LoadedDrivers {
  const paths = maps.split('\n').map((line) => line.split(/\s+/).slice(5).join(' '));
  const libraries = [...new Set(paths.filter((path) => path.startsWith('/')).map((path) => basename(path)))]
    .filter((name) => /\.so(\.|$)/.test(name) && DRIVER.test(name) && !NO_DRIVER.test(name))
    .sort();
  if (libraries.length === 0) return { libraries, software: null };
  // One in software is enough: it is not claimed that a GPU computed unless nothing else could have.
  return { libraries, software: libraries.some(isSoftwareDriver) };
}
