import { open, readdir, realpath, stat } from 'node:fs/promises';
import { DataSetError } from '@cflow/spec';
import { sniffFormat } from '../image-format.js';
import { mapInOrder } from '../map-in-order.js';
import { isSystemFile, isSystemFolder } from '../vocabulary/system-files.js';
import { fileKind } from './file-kind.js';
import { compareNames, type FileTree, type SkippedFile, type TreeFile } from './file-tree.js';

const MOST_ENTRIES = 1_000_000;
const DEEPEST = 32;
const SNIFFED_BYTES = 64;
const SNIFFS_AT_ONCE = 16;

/**
 * Finds the images and tables below a folder, links followed, and lists everything else with the reason why it takes no
 * part. A file without an extension is an image when its first bytes say so. The order does not depend on the file system.
 *
 * @throws DataSetError when a folder cannot be read, folders are nested more than 32 deep, or there are more than a
 * million files and folders. Rejects with the signal's reason.
 */
export async function listFiles(root: string, signal?: AbortSignal): Promise<FileTree> {
  const found = { images: [] as TreeFile[], tables: [] as TreeFile[], bare: [] as TreeFile[] };
  const skipped: SkippedFile[] = [];
  let entries = 0;
  const walk = async (folders: readonly string[], above: readonly string[]): Promise<void> => {
    const prefix = folders.map((folder) => `${folder}/`).join('');
    const path = join(root, prefix.slice(0, -1));
    if (above.length > DEEPEST) {
      throw new DataSetError(
        `${path}: folders are nested more than ${DEEPEST} deep; move the images further up`,
      );
    }
    signal?.throwIfAborted();
    const real = await realpath(path);
    if (above.includes(real)) {
      skipped.push({ name: prefix, reason: 'loop' });
      return;
    }
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (++entries > MOST_ENTRIES) {
        throw new DataSetError(
          `${root} holds more than ${MOST_ENTRIES} files and folders, the most that is supported`,
        );
      }
      const name = prefix + entry.name;
      const kind = entry.isSymbolicLink() ? await linkedKind(join(root, name)) : entry;
      if (kind.isDirectory()) {
        if (isSystemFolder(entry.name)) skipped.push({ name: `${name}/`, reason: 'system' });
        else if (entry.name.startsWith('.')) skipped.push({ name: `${name}/`, reason: 'hidden' });
        else await walk([...folders, entry.name], [...above, real]);
      } else if (!kind.isFile()) skipped.push({ name, reason: 'special' });
      else place({ name, path: join(root, name), folders }, entry.name, found, skipped);
    }
  };
  try {
    await walk([], []);
    await sniff(found, skipped, signal);
  } catch (error) {
    if (error instanceof DataSetError || signal?.aborted) throw error;
    const { code, message, path } = error as NodeJS.ErrnoException;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new DataSetError(
      denied
        ? `the folder ${path ?? root} may not be read: permission denied; change its permissions, or move it away`
        : `cannot read the folder ${root}: ${message}`,
      { cause: error, details: { root } },
    );
  }
  const byName = (a: { name: string }, b: { name: string }): number => compareNames(a.name, b.name);
  return {
    root,
    images: found.images.sort(byName),
    tables: found.tables.sort(byName),
    skipped: skipped.sort(byName),
  };
}

function place(
  file: TreeFile,
  name: string,
  found: { images: TreeFile[]; tables: TreeFile[]; bare: TreeFile[] },
  skipped: SkippedFile[],
): void {
  if (isSystemFile(name)) skipped.push({ name: file.name, reason: 'system' });
  else if (name.startsWith('.')) skipped.push({ name: file.name, reason: 'hidden' });
  else {
    const what = fileKind(name);
    if (what.kind === 'image') found.images.push(file);
    else if (what.kind === 'table') found.tables.push(file);
    else if (what.kind === 'bare') found.bare.push(file);
    else skipped.push(skippedFile(file.name));
  }
}

/** A file by whose name it takes no part. */
export function skippedFile(name: string): SkippedFile {
  const what = fileKind(name);
  if (what.kind === 'unsupported') {
    return { name, reason: 'unsupported-format', hint: `${what.format}: save as PNG, TIFF or JPEG` };
  }
  if (what.kind === 'archive') return { name, reason: 'archive', hint: 'unpack them to use what is in them' };
  const end = /\.[a-z0-9]{1,8}$/i.exec(name)?.[0]?.toLowerCase();
  return { name, reason: 'not-an-image', ...(end !== undefined && { hint: end }) };
}

/** Files without an extension count by their content. */
async function sniff(
  { bare, images }: { bare: readonly TreeFile[]; images: TreeFile[] },
  skipped: SkippedFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const look = async (file: TreeFile): Promise<[TreeFile, boolean]> => [file, await isImage(file.path)];
  for await (const [file, image] of mapInOrder(bare, look, { concurrency: SNIFFS_AT_ONCE, signal })) {
    if (image) images.push(file);
    else skipped.push(skippedFile(file.name));
  }
}

async function isImage(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    const format = sniffFormat(buffer.subarray(0, bytesRead));
    return format !== undefined && 'format' in format;
  } finally {
    await file.close();
  }
}

const join = (root: string, name: string): string =>
  name === '' ? root : root.endsWith('/') ? root + name : `${root}/${name}`;

interface Kind {
  isDirectory(): boolean;
  isFile(): boolean;
}

/** A dangling link counts as a file, so that the image it stands for is reported as missing, not forgotten. */
async function linkedKind(path: string): Promise<Kind> {
  try {
    return await stat(path);
  } catch {
    return { isDirectory: () => false, isFile: () => true };
  }
}
