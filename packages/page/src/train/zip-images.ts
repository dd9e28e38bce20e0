import { Zip, ZipPassThrough } from 'fflate';
import type { NamedFile } from '../inspect/dropped-files.js';

/** Bytes that a ZIP file without the 64-bit extension can hold, less room for its directory. */
const MAX_ARCHIVE_BYTES = 0xffff_ffff - (64 << 20);
const MAX_ARCHIVE_FILES = 65_000;
/** Bytes that are kept in memory before they are handed to the browser, which can put them on the disk. */
const PART_BYTES = 16 << 20;

/**
 * A ZIP file of images under their paths. Stored, not compressed: images are. One file is in memory at a time.
 *
 * @param onProgress Files that are done.
 */
export async function zipImages(
  files: readonly NamedFile[],
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > MAX_ARCHIVE_BYTES || files.length > MAX_ARCHIVE_FILES) {
    throw new Error(
      `This page can pack ${MAX_ARCHIVE_FILES} files and 4 GB at most. Pack the folder with another program and choose the ZIP file.`,
    );
  }
  const parts: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const flush = (): void => {
    parts.push(new Blob(pending));
    pending = [];
    size = 0;
  };
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else {
      pending.push(chunk as Uint8Array<ArrayBuffer>);
      size += chunk.length;
    }
  });
  for (const [index, { file, path }] of files.entries()) {
    signal.throwIfAborted();
    const entry = new ZipPassThrough(path);
    entry.mtime = file.lastModified;
    zip.add(entry);
    entry.push(new Uint8Array(await readable(file, path)), true);
    if (failure) throw failure;
    if (size >= PART_BYTES) flush();
    onProgress(index + 1);
  }
  zip.end();
  if (failure) throw failure;
  flush();
  return new Blob(parts, { type: 'application/zip' });
}

async function readable(file: File, path: string): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (error) {
    throw new Error(`${path} cannot be read any more. Choose the folder again.`, { cause: error });
  }
}

/** Paths without the folder that all of them lie in: its content is the data set, whatever its name. */
export function withoutCommonFolder(files: readonly NamedFile[]): NamedFile[] {
  const first = files[0]?.path.split('/')[0];
  const common = files.every(({ path }) => path.includes('/') && path.split('/')[0] === first);
  return common && first !== undefined
    ? files.map(({ file, path }) => ({ file, path: path.slice(first.length + 1) }))
    : [...files];
}
