import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';

/** Writes a ZIP of files by name, with what `options` say of each. */
export async function makeZip(
  path: string,
  files: Readonly<Record<string, Uint8Array | string>>,
  options: Partial<yazl.Options> = {},
): Promise<void> {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name, options);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

/** Writes a ZIP of a folder's files, below `prefix`. */
export async function zipFolder(folder: string, path: string, prefix = ''): Promise<void> {
  const zip = new yazl.ZipFile();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((found) => found.isFile())) {
    const file = join(entry.parentPath, entry.name);
    zip.addFile(file, prefix + file.slice(folder.length + 1));
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}
