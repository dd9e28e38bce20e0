import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that say what is in them, and so must be seen from above. */
const TELLING = new Set(['train', 'test', 'validation', 'val', 'good', 'ok', 'normal']);

/** The folder that is meant when archivers put one folder around everything: down as long as there is nothing else. */
export async function innermostFolder(folder: string): Promise<string> {
  for (let here = folder; ; ) {
    const [only, ...others] = await readdir(here, { withFileTypes: true });
    if (!only?.isDirectory() || others.length > 0 || TELLING.has(only.name.toLowerCase())) return here;
    here = join(here, only.name);
  }
}
