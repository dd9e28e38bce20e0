import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { wrongContent } from '../wrong-content.js';

/** More than a clock may be set forward while somebody writes. */
const ABANDONED_MS = 1.5 * 3_600_000;

/**
 * Writes content to a file of its own in a folder, down to the disk, and gives its path. A content that is not the one
 * with the SHA-256, or that breaks off, leaves nothing.
 */
export async function writeAside(
  folder: string,
  content: Uint8Array | ReadableStream<Uint8Array>,
  options: { key: string; sha256?: string | undefined; signal?: AbortSignal | undefined },
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, randomUUID());
  const file = await open(path, 'wx');
  try {
    try {
      const found = await write(file, content, options.signal);
      if (options.sha256 !== undefined && found !== options.sha256) {
        throw wrongContent(options.key, options.sha256, found);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** One chunk at a time, so that a source that is faster than the disk waits. Gives the SHA-256. */
async function write(
  file: FileHandle,
  content: Uint8Array | ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<string> {
  signal?.throwIfAborted();
  const hash = createHash('sha256');
  if (content instanceof Uint8Array) {
    await file.writeFile(content);
    return hash.update(content).digest('hex');
  }
  const reader = content.getReader();
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener('abort', stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return hash.digest('hex');
      hash.update(value);
      await file.writeFile(value);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Deletes what writers that were killed have left: files to which nothing was written for long. */
export async function sweepAside(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_MS) await rm(path, { force: true }).catch(() => undefined);
  }
}
