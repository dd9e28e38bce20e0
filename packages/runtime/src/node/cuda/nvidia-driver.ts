import { readFile } from 'node:fs/promises';
import { DRIVER_FOR_COMPAT, DRIVER_NEEDED } from './cuda-libraries.js';

const VERSION_FILE = '/proc/driver/nvidia/version';

/** The version of the kernel's NVIDIA driver, such as `535.129.03`; undefined where none says so. */
export async function driverVersion(file: string = VERSION_FILE): Promise<string | undefined> {
  return driverVersionOf(await readFile(file, 'utf8').catch(() => ''));
}

/** From what the kernel module says of itself; the open and the closed module word it differently. */
export function driverVersionOf(text: string): string | undefined {
  return /^NVRM version: [^\n]{0,200}?\s(\d{3,4}\.\d{1,4}(?:\.\d{1,4})?)\s/m.exec(text)?.[1];
}

/** How the driver goes together with CUDA 13: as it is, with `cuda-compat` before it, or not. */
export type DriverFit = 'fits' | 'with-compat' | 'too-old';

export function driverFit(version: string | undefined): DriverFit {
  const major = Number.parseInt(version ?? '', 10);
  // Not known, as under WSL: the driver itself will say.
  if (Number.isNaN(major) || major >= DRIVER_NEEDED) return 'fits';
  return major >= DRIVER_FOR_COMPAT ? 'with-compat' : 'too-old';
}
