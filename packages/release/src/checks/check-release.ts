import type { PackedPackage } from '../pack-release.js';
import { manifestIn, readArchive } from '../read-archive.js';
import { checkFiles } from './check-files.js';
import { checkImports } from './check-imports.js';
import { checkLint } from './check-lint.js';
import { checkSize } from './check-size.js';
import { checkTypes } from './check-types.js';
import type { PackageCheck } from './package-check.js';

const CHECKS: readonly PackageCheck[] = [checkFiles, checkImports, checkLint, checkTypes, checkSize];

/** @returns What is wrong with the packages of a release, each line with the name of its package */
export async function checkRelease(packed: readonly PackedPackage[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, tarball } of packed) {
    const files = await readArchive(tarball);
    const opened = { tarball, files, manifest: manifestIn(files) };
    for (const check of CHECKS) found.push(...(await check(opened)).map((line) => `${name}: ${line}`));
  }
  return found;
}
