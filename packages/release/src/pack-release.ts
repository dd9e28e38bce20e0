import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stageEngines } from './engine/stage-engines.js';
import { npmPack } from './npm.js';
import type { ReleaseSettings } from './published-manifest.js';
import { type StagedPackage, stageWorkspaces } from './stage-workspaces.js';

export interface PackedPackage {
  name: string;
  version: string;
  /** Its archive. */
  tarball: string;
}

export interface PackOptions extends ReleaseSettings {
  /** Packages to pack beside those, by the names of the sources; all of them by default. */
  only?: readonly string[] | undefined;
}

/** Where the packages of the engine lie: apart, since those of other platforms do not install here. */
export const ENGINES_FOLDER = 'engines';

/**
 * Packs everything that is published into a folder, as it is published.
 *
 * @returns The packages, each after those that it depends on
 */
export async function packRelease(into: string, options: PackOptions): Promise<PackedPackage[]> {
  const stage = await mkdtemp(join(tmpdir(), 'cflow-release-'));
  try {
    const engines =
      options.platforms?.length === 0 ? [] : await stageEngines(stage, options, options.platforms);
    const workspaces = await stageWorkspaces(stage, options, options.only);
    return [...(await pack(engines, join(into, ENGINES_FOLDER))), ...(await pack(workspaces, into))];
  } finally {
    await rm(stage, { recursive: true });
  }
}

async function pack(staged: readonly StagedPackage[], into: string): Promise<PackedPackage[]> {
  await mkdir(into, { recursive: true });
  const files = await npmPack(
    staged.map(({ folder }) => folder),
    into,
  );
  return staged.map(({ name, version }, i) => ({ name, version, tarball: join(into, files[i] as string) }));
}
