import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** The address of the largest file that the page is made of: of those that are kept compressed. */
export async function largestAsset(): Promise<string> {
  const page = join(dirname(createRequire(import.meta.url).resolve('@cflow/page/package.json')), 'dist');
  let largest = { bytes: 0, path: '' };
  for (const entry of await readdir(page, { withFileTypes: true, recursive: true })) {
    if (!entry.name.endsWith('.gz')) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const { size } = await stat(file);
    if (size > largest.bytes)
      largest = { bytes: size, path: `/${relative(page, file).replace(/\.gz$/, '')}` };
  }
  return largest.path;
}
