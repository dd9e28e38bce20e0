import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { vulkanDrivers } from '../../packages/runtime/src/node/vulkan-drivers.js';
import { findSoftwareVulkan } from '../../packages/runtime/test/find-software-vulkan.js';

/** One Vulkan driver, and the environment in which a process finds it and no other. */
export interface VulkanChoice {
  /** The driver's library, e.g. `libGLX_nvidia.so.0`. */
  library: string;
  manifest: string;
  software: boolean;
  environment: Readonly<Record<string, string>>;
}

/** SwiftShader, and Mesa's llvmpipe as a Vulkan driver, lavapipe. */
const SOFTWARE = /swiftshader|lavapipe|llvmpipe|(^|[/_])lvp([_.]|$)|libvulkan_lvp/i;
/** NVIDIA's driver, which in containers often lies there without a manifest. */
const NVIDIA = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0'];

/** Whether a driver of this name computes on the CPU. */
export function isSoftwareDriver(nameOrPath: string): boolean {
  return SOFTWARE.test(nameOrPath);
}

/**
 * The Vulkan drivers of this machine, one by one, so that it is known which one answers: a process that sees several
 * takes whichever Dawn prefers, and does not say.
 *
 * @param folder for the manifest of a driver that has none
 */
export async function vulkanChoices(
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<VulkanChoice[]> {
  const software = findSoftwareVulkan();
  const manifests = new Set(await vulkanDrivers(environment));
  const named = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  if (software?.VK_ICD_FILENAMES && !named) manifests.add(software.VK_ICD_FILENAMES);
  const found: VulkanChoice[] = [];
  for (const manifest of manifests) {
    const library = await libraryOf(manifest);
    if (library === undefined || found.some((each) => each.library === library)) continue;
    found.push(choice(manifest, library, software));
  }
  if (!named && !found.some(({ library }) => library.includes('nvidia'))) {
    const library = await installedNvidia();
    if (library !== undefined) {
      const manifest = join(folder, 'nvidia_icd.json');
      const content = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } };
      await writeFile(manifest, JSON.stringify(content));
      found.push(choice(manifest, library, software));
    }
  }
  return found.sort((a, b) => Number(a.software) - Number(b.software));
}

function choice(
  manifest: string,
  library: string,
  software: Readonly<Record<string, string>> | undefined,
): VulkanChoice {
  // Chromium's copy of the loader serves where the system has none.
  const libraries = software?.LD_LIBRARY_PATH;
  return {
    library: basename(library),
    manifest,
    software: isSoftwareDriver(library) || isSoftwareDriver(basename(manifest)),
    environment: {
      VK_ICD_FILENAMES: manifest,
      VK_DRIVER_FILES: manifest,
      ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }),
    },
  };
}

/** The library that a manifest names; undefined when it is not a manifest. */
async function libraryOf(manifest: string): Promise<string | undefined> {
  try {
    const parsed = JSON.parse(await readFile(manifest, 'utf8')) as { ICD?: { library_path?: unknown } };
    const path = parsed.ICD?.library_path;
    return typeof path === 'string' ? path : undefined;
  } catch {
    return undefined;
  }
}

async function installedNvidia(): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('ldconfig', ['-p']).catch(() => ({ stdout: '' }));
  return NVIDIA.find((name) => stdout.includes(name));
}
