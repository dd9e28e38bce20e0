// Whether what would be published can be used by those who install it: every entry there, with types, for every kind of
// resolution.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PackedPackage, packWorkspaces } from './packed.js';

let folder: string;
let packages: PackedPackage[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-packed-'));
  packages = await packWorkspaces(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('every package', () => {
  it('is there', () => {
    expect(packages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['@cflow/sdk', '@cflow/spec', 'cflow']),
    );
  });

  it('has the files that it names (publint)', async () => {
    for (const { name, folder: pkgDir } of packages) {
      const { messages } = await publint({ pkgDir, pack: false, level: 'warning' });
      expect(messages, name).toEqual([]);
    }
  });

  it('has the right types for each way to import it (are the types wrong)', async () => {
    for (const { name, tarball } of packages) {
      const found = await checkPackage(createPackageFromTarballData(new Uint8Array(await readFile(tarball))));
      // A command alone has none.
      if (!found.types) continue;
      const both = name === '@cflow/sdk';
      const wrong = found.problems.filter((problem) => {
        // Resolution without "exports" was given up with Node 10.
        if ('resolutionKind' in problem && problem.resolutionKind === 'node10') return false;
        // The others are ES modules only, which Node 20 cannot require; the SDK is both.
        return both || problem.kind !== 'CJSResolvesToESM';
      });
      expect(wrong, name).toEqual([]);
    }
  });
});
