import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import type { OpenedPackage } from './package-check.js';

/** That each way of importing a package gets the types of what it gets. */
export async function checkTypes({ tarball, manifest }: OpenedPackage): Promise<string[]> {
  const found = await checkPackage(createPackageFromTarballData(new Uint8Array(await readFile(tarball))));
  // A package of binaries or of one command has none.
  if (!found.types) return [];
  const both = JSON.stringify(manifest.exports ?? '').includes('"require"');
  return found.problems.filter((problem) => matters(problem, both)).map(words);
}

/** @param both Whether CommonJS is promised, too: the others are ES modules only, which Node 20 cannot require */
function matters(problem: Problem, both: boolean): boolean {
  // Resolution without "exports" was given up with Node 10.
  if ('resolutionKind' in problem && problem.resolutionKind === 'node10') return false;
  return both || problem.kind !== 'CJSResolvesToESM';
}

function words(problem: Problem): string {
  const where = 'entrypoint' in problem ? `${problem.entrypoint} (${problem.resolutionKind})` : 'types';
  return `${where}: ${problem.kind}`;
}
