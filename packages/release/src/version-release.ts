import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import readChangesets from '@changesets/read';
import { withRelease } from './changelog.js';
import { readManifest } from './workspaces.js';

const run = promisify(execFile);

/**
 * Turns the changesets of a workspace into a version of all packages and its section of CHANGELOG.md. Without any, what was
 * kept for the first release is dated, and the version stays.
 *
 * @param command The folder of the package whose version is that of the release, from the root
 * @param date As YYYY-MM-DD
 * @returns The version
 */
export async function versionRelease(root: string, command: string, date: string): Promise<string> {
  const changesets = await readChangesets(root);
  if (changesets.length > 0) {
    await run(process.execPath, [changesetProgram(), 'version'], { cwd: root });
  }
  const { version } = await readManifest(join(root, command));
  const file = join(root, 'CHANGELOG.md');
  const lines = changesets.map(({ summary }) => summary);
  await writeFile(file, withRelease(await readFile(file, 'utf8'), version, lines, date));
  return version;
}

function changesetProgram(): string {
  const manifest = createRequire(import.meta.url).resolve('@changesets/cli/package.json');
  return join(dirname(manifest), 'bin.js');
}
