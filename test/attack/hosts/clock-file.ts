import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MOVED_CLOCK = new URL('moved-clock.mjs', import.meta.url);

/** What makes Node load the clock, in the process, its threads and its children. */
export function clockEnvironment(folder: string): Record<string, string> {
  return { NODE_OPTIONS: `--import ${fileURLToPath(MOVED_CLOCK)}`, ATTACK_CLOCK: clockFile(folder) };
}

export async function moveClock(folder: string, ms: number): Promise<void> {
  const file = clockFile(folder);
  await writeFile(`${file}.new`, String(ms));
  await rename(`${file}.new`, file);
}

function clockFile(folder: string): string {
  return join(folder, 'clock');
}
