import { existsSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';

/** Where distributions and Playwright put Chromium's SwiftShader. */
const MANIFESTS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

/**
 * The environment in which a process finds SwiftShader, a Vulkan driver in software that comes with Chromium:
 * `VK_ICD_FILENAMES` names the driver, and Chromium's own copy of the Vulkan loader is there for machines without
 * one. Both are read when a process starts, so the process must be started with it. Undefined where there is no
 * Chromium. `CFLOW_SWIFTSHADER_ICD` names the manifest where it lies elsewhere.
 */
export function findSoftwareVulkan(): Record<string, string> | undefined {
  const named = process.env.CFLOW_SWIFTSHADER_ICD;
  const manifest = [...(named ? [named] : []), ...MANIFESTS].find((path) => existsSync(path));
  if (manifest === undefined) return undefined;
  const libraries = [process.env.LD_LIBRARY_PATH, dirname(manifest)].filter(Boolean).join(delimiter);
  return { VK_ICD_FILENAMES: manifest, LD_LIBRARY_PATH: libraries };
}
