import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { storageErrorOf } from '@cflow/detector/node';
import { ConfigurationError } from '@cflow/spec';
import type { Result } from '../result.js';
import type { Sink } from '../sink.js';
import type { FileFormat } from './file-format.js';

/** A text file that is full at this size, and followed by another. */
const ROTATE_BYTES = 64 * 2 ** 20;
const MOST_PARTS = 1_000_000;

export interface FileSinkOptions {
  name: string;
  /** Of the first file; the next are called `<name>-2.csv`, `<name>-3.csv` and so on. */
  path: string;
  format: FileFormat;
  /** Bytes from which a new file is begun. Default 64 MiB. */
  rotateBytes?: number | undefined;
}

/** Which file is written, and how much of it is. */
export interface FilePosition {
  part: number;
  bytes: number;
}

/**
 * Results in a text file, each exactly once: what was written after the last position that was kept is cut off when it is
 * opened again. A file that grew too large is followed by the next; none is ever renamed, and none that somebody else made is
 * written to.
 */
export class FileSink implements Sink<FilePosition> {
  readonly name: string;
  readonly maxBatch = 256;
  readonly #options: FileSinkOptions;
  #file: FileHandle | undefined;
  #position: FilePosition = { part: 1, bytes: 0 };

  constructor(options: FileSinkOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async open(position: FilePosition | undefined): Promise<FilePosition> {
    const { path } = this.#options;
    await this.close();
    if (!position) {
      if (await exists(path)) {
        throw new ConfigurationError(
          `expected no file "${path}" yet, since this line has not written it; move it away, name another, or give the state of the line that wrote it`,
          { details: { path, option: 'state' } },
        );
      }
      this.#position = { part: 1, bytes: 0 };
      return this.#position;
    }
    // Between a position being kept and the end, one more file may have been begun.
    this.#position = position;
    const current = this.#path(position.part);
    const size = await stat(current).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined || size < position.bytes) {
      // Taken away, or shortened by somebody: what is left stays as it is.
      if (position.bytes > 0) this.#position = await this.#nextPart(position.part);
    } else if (size > position.bytes) await this.#cut(current, position.bytes);
    return this.#position;
  }

  async deliver(results: readonly Result[]): Promise<FilePosition> {
    const { format, rotateBytes = ROTATE_BYTES } = this.#options;
    const { part, bytes } = this.#position;
    const path = this.#path(part);
    try {
      if (!this.#file) {
        await mkdir(dirname(path), { recursive: true });
        this.#file = await open(path, 'a');
      }
      const text = Buffer.from((bytes === 0 ? format.header : '') + results.map(format.line).join(''));
      await this.#file.writeFile(text);
      await this.#file.sync();
      this.#position = { part, bytes: bytes + text.byteLength };
    } catch (error) {
      throw storageErrorOf(error, path);
    }
    if (this.#position.bytes >= rotateBytes) {
      await this.close();
      this.#position = await this.#nextPart(part);
    }
    return this.#position;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #cut(path: string, bytes: number): Promise<void> {
    try {
      if (bytes === 0) return await rm(path);
      const file = await open(path, 'r+');
      try {
        await file.truncate(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw storageErrorOf(error, path);
    }
  }

  /** The next file that nobody has made. */
  async #nextPart(after: number): Promise<FilePosition> {
    for (let part = after + 1; part < after + MOST_PARTS; part++) {
      if (!(await exists(this.#path(part)))) return { part, bytes: 0 };
    }
    throw new ConfigurationError(`"${this.#options.path}" has too many parts; name another file`);
  }

  #path(part: number): string {
    const { path } = this.#options;
    if (part === 1) return path;
    const extension = extname(path);
    return `${path.slice(0, path.length - extension.length)}-${part}${extension}`;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw storageErrorOf(error, path);
    },
  );
}
