import { tmpdir } from 'node:os';
import { npm } from './npm.js';
import type { PackedPackage } from './pack-release.js';

/** Runs npm with arguments. @returns What it printed; rejects with `stdout` on the error where it failed */
export type RunNpm = (args: readonly string[]) => Promise<string>;

const here: RunNpm = (args) => npm(args, tmpdir());

/**
 * Publishes what the registry does not have yet, each package after those that it depends on, so that a release that was
 * interrupted can be gone on with. Who may publish is npm's business; provenance is asked for by each package.json.
 */
export async function publishRelease(
  packed: readonly PackedPackage[],
  say: (line: string) => void,
  run: RunNpm = here,
): Promise<void> {
  for (const { name, version, tarball } of packed) {
    const id = `${name}@${version}`;
    if (await isPublished(id, run)) say(`${id}: is there`);
    else {
      await run(['publish', tarball, '--ignore-scripts', '--loglevel=error']);
      say(`${id}: published`);
    }
  }
}

async function isPublished(id: string, run: RunNpm): Promise<boolean> {
  try {
    await run(['view', id, 'version', '--json', '--loglevel=silent']);
    return true;
  } catch (error) {
    if (String((error as { stdout?: string }).stdout).includes('"E404"')) return false;
    throw error;
  }
}
