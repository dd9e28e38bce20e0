import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { storageErrorOf } from '@cflow/detector/node';
import type { Result } from '../result.js';
import type { Sink } from '../sink.js';
import { fileStamp } from '../sources/file-stamp.js';

export interface MoveSinkOptions {
  name: string;
  /** Files go into `good`, `bad` and `unreadable` below it. */
  folder: string;
  /** Told of each file that is no longer where it was. */
  onMoved?: ((result: Result) => void) | undefined;
}

/**
 * Moves the files that were scored into folders by their verdict. A file that is gone, or was written anew meanwhile, stays
 * as it is. Nothing is overwritten: where a name is taken, the sequence number comes behind it.
 */
export class MoveSink implements Sink<null> {
  readonly name: string;
  readonly maxBatch = 64;
  readonly #options: MoveSinkOptions;

  constructor(options: MoveSinkOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async open(): Promise<null> {
    return null;
  }

  async deliver(results: readonly Result[]): Promise<null> {
    for (const result of results) {
      const { file, name, verdict, sequence } = result;
      if (!file) continue;
      const target = join(this.#options.folder, verdict ?? 'unreadable', name);
      try {
        if ((await fileStamp(file.path)) === file.stamp) await move(file.path, target, sequence);
      } catch (error) {
        throw storageErrorOf(error, target);
      }
      this.#options.onMoved?.(result);
    }
    return null;
  }

  async close(): Promise<void> {}
}

async function move(from: string, to: string, sequence: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const extension = extname(to);
  const taken = await stat(to).then(
    () => true,
    () => false,
  );
  const target = taken ? `${to.slice(0, to.length - extension.length)}-${sequence}${extension}` : to;
  try {
    await rename(from, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    // Another file system: whole there before it goes here.
    const partial = `${target}.partial`;
    await copyFile(from, partial);
    const file = await open(partial, 'r+');
    await file.sync().finally(() => file.close());
    await rename(partial, target);
    await rm(from);
  }
}
