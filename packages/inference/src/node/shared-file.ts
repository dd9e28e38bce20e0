import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A file system in memory, on Linux. */
const FOLDER = '/dev/shm';
/** Containers give it 64 MB in all, unless told otherwise. */
const MOST_BYTES = 2 ** 25;

/**
 * Memory that this process shares with one that it starts: a file without a name. A pipe holds 200 kB, and a process in
 * native code does not empty it: pixels for the next run would arrive only after this one, maps of this one only after the
 * next.
 */
export class SharedFile {
  /** For `stdio` of the other process. */
  readonly fd: number;
  /** What is taken, in the order of places. */
  readonly #taken: { at: number; end: number }[] = [];
  #open = true;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Undefined where the system has none. */
  static create(folder: string = FOLDER): SharedFile | undefined {
    const path = join(folder, `cflow-${process.pid}-${Math.random().toString(36).slice(2)}`);
    try {
      // Readable by this user only, and not through a link that somebody else has put there.
      const fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      return new SharedFile(fd);
    } catch {
      return undefined;
    }
  }

  /** An offset with room for this many bytes; undefined where there is no room. */
  take(bytes: number): number | undefined {
    let at = 0;
    let index = 0;
    for (; index < this.#taken.length; index++) {
      const next = this.#taken[index] as { at: number; end: number };
      if (next.at - at >= bytes) break;
      at = next.end;
    }
    if (!this.#open || at + bytes > MOST_BYTES) return undefined;
    this.#taken.splice(index, 0, { at, end: at + bytes });
    return at;
  }

  release(at: number): void {
    const index = this.#taken.findIndex((each) => each.at === at);
    if (index >= 0) this.#taken.splice(index, 1);
  }

  /** Called once the other process has it, or never will have. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }
}

/** False where there is no memory for it: another container of the machine, or another lane, has it. */
export function writeShared(fd: number, bytes: Uint8Array, at: number): boolean {
  try {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(fd, bytes, done, bytes.length - done, at + done);
    }
    return true;
  } catch {
    return false;
  }
}

/** Fills all of the bytes. */
export function readShared(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(fd, bytes, done, bytes.length - done, at + done);
    if (count === 0) throw new Error('shared memory ends before what was said to be in it');
    done += count;
  }
}
