import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs npm in a folder. @returns What it printed */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await run('npm', args, { cwd, maxBuffer: 2 ** 26 });
  return stdout;
}

/** Packs folders, or packages of the registry, as they are. @returns The files, in the order of what was named */
export async function npmPack(specs: readonly string[], into: string): Promise<string[]> {
  if (specs.length === 0) return [];
  const options = ['--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', into];
  const packed = JSON.parse(await npm(['pack', ...specs, ...options], into)) as { filename: string }[];
  return packed.map(({ filename }) => filename);
}
