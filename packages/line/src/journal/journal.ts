import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { storageErrorOf, writeFileAtomically } from '@cflow/detector/node';
import { StorageError } from '@cflow/spec';
import type { Result } from '../result.js';
import { type Checkpoint, readSegment, type Segment, truncateSegment } from './segment.js';

const SEGMENT_BYTES = 4 * 2 ** 20;
/** Of the segments that all sinks are past, those that are kept, so that rules can look back. */
const KEPT = 1;

interface ClosedSegment {
  path: string;
  /** Sequence number of the last result before it. */
  after: number;
  bytes: number;
}

/**
 * The results of a line on disk, in their order, and which files were taken. What was appended survives the end of the
 * process at any moment. Segments that nobody needs any more are deleted.
 */
export class Journal {
  /** The line's: the beginning of every result's id. */
  readonly id: string;
  /** Files that were taken: name and stamp. */
  readonly taken: Map<string, string>;
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #closed: ClosedSegment[];
  #current: Segment;
  #file: FileHandle;

  private constructor(
    folder: string,
    id: string,
    closed: ClosedSegment[],
    current: Segment,
    file: FileHandle,
    segmentBytes: number,
  ) {
    this.#folder = folder;
    this.id = id;
    this.#closed = closed;
    this.#current = current;
    this.#file = file;
    this.#segmentBytes = segmentBytes;
    this.taken = new Map(current.checkpoint.taken);
    for (const result of current.results) this.#take(result);
  }

  /**
   * Opens the journal in a folder, which is made when missing. One process at a time.
   *
   * @throws StorageError when it cannot be read or written, or is damaged
   */
  static async open(
    folder: string,
    { segmentBytes = SEGMENT_BYTES }: { segmentBytes?: number } = {},
  ): Promise<Journal> {
    try {
      await mkdir(folder, { recursive: true });
      const id = await lineId(join(folder, 'line.json'));
      const names = (await readdir(folder)).filter((name) => SEGMENT.test(name)).sort();
      if (names.length === 0) {
        const first = segmentPath(folder, 0);
        await writeFileAtomically(first, `${JSON.stringify({ last: 0, number: 0, taken: [] })}\n`);
        names.push(SEGMENT_NAME(0));
      }
      const closed: ClosedSegment[] = [];
      for (const name of names.slice(0, -1)) {
        const path = join(folder, name);
        closed.push({ path, after: Number(SEGMENT.exec(name)?.[1]), bytes: (await stat(path)).size });
      }
      const current = await readSegment(join(folder, names.at(-1) as string), true);
      await truncateSegment(current);
      const file = await open(current.path, 'r+');
      return new Journal(folder, id, closed, current, file, segmentBytes);
    } catch (error) {
      throw storageErrorOf(error, folder);
    }
  }

  /** Sequence number of the last result; 0 before the first. */
  get last(): number {
    return this.#current.checkpoint.last + this.#current.results.length;
  }

  /** Sequence number of the first result that is still there, or would be the next one. */
  get first(): number {
    return (this.#closed[0]?.after ?? this.#current.checkpoint.last) + 1;
  }

  /** The source's number of the last result. */
  get lastNumber(): number {
    return this.#current.results.at(-1)?.number ?? this.#current.checkpoint.number;
  }

  /**
   * Adds results, whose sequence numbers follow the last one, and waits for the disk. All of them or none.
   *
   * @throws StorageError
   */
  async append(results: readonly Result[]): Promise<void> {
    const current = this.#current;
    const text = Buffer.from(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
    try {
      await writeAll(this.#file, text, current.bytes);
      await this.#file.datasync();
    } catch (error) {
      await this.#file.truncate(current.bytes).catch(() => undefined);
      throw storageErrorOf(error, current.path);
    }
    current.bytes += text.byteLength;
    current.results.push(...results);
    for (const result of results) this.#take(result);
    const limit = Math.max(this.#segmentBytes, 2 * current.checkpointBytes);
    if (current.bytes - current.checkpointBytes > limit) await this.#rotate();
  }

  /** Results after a sequence number, at most `most`, from the one segment that the next of them lies in. */
  async read(after: number, most: number, cache: SegmentCache = {}): Promise<Result[]> {
    let { results, checkpoint } = this.#current;
    if (after < checkpoint.last) {
      const segment = this.#closed.findLast((each) => each.after <= after);
      if (!segment) {
        throw new StorageError(
          'store',
          `the journal in "${this.#folder}" begins after result ${after + 1}, which is still to be delivered; restore its files`,
        );
      }
      if (cache.segment?.path !== segment.path) cache.segment = await readSegment(segment.path, false);
      ({ results, checkpoint } = cache.segment);
    } else delete cache.segment;
    const start = after - checkpoint.last;
    return results.slice(start, start + most);
  }

  /** The last results that are still there, at most `most`, in order. */
  async tail(most: number): Promise<Result[]> {
    const results = [...this.#current.results];
    for (const { path } of this.#closed.toReversed()) {
      if (results.length >= most) break;
      results.unshift(...(await readSegment(path, false)).results);
    }
    return results.slice(-most);
  }

  /** Bytes on disk of what comes after a sequence number. */
  bytesAfter(sequence: number): number {
    if (sequence >= this.last) return 0;
    const { bytes, checkpointBytes, checkpoint } = this.#current;
    let sum = bytes - checkpointBytes;
    for (const [i, { bytes: size }] of this.#closed.entries()) {
      const end = this.#closed[i + 1]?.after ?? checkpoint.last;
      if (end > sequence) sum += size;
    }
    return sum;
  }

  /** Deletes segments of which every result is at or before a sequence number. */
  async prune(sequence: number): Promise<void> {
    while (this.#closed.length > KEPT) {
      const [first, second] = this.#closed as [ClosedSegment, ClosedSegment];
      if (second.after > sequence) return;
      await rm(first.path, { force: true });
      this.#closed.shift();
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #take({ file, name }: Result): void {
    if (file) this.taken.set(name, file.stamp);
  }

  /** Begins a new segment. A disk that has no room for it is no reason to stop: then the old one grows on. */
  async #rotate(): Promise<void> {
    const checkpoint: Checkpoint = { last: this.last, number: this.lastNumber, taken: [...this.taken] };
    const path = segmentPath(this.#folder, checkpoint.last);
    const text = `${JSON.stringify(checkpoint)}\n`;
    const partial = `${path}.partial`;
    let file: FileHandle | undefined;
    try {
      file = await open(partial, 'w');
      await file.writeFile(text);
      await file.sync();
      // The last step: once it has its name, it is what the next start continues from.
      await rename(partial, path);
    } catch {
      await file?.close();
      await rm(partial, { force: true }).catch(() => undefined);
      return;
    }
    const before = this.#current;
    this.#closed.push({ path: before.path, after: before.checkpoint.last, bytes: before.bytes });
    const bytes = Buffer.byteLength(text);
    this.#current = { path, checkpoint, checkpointBytes: bytes, results: [], bytes };
    await this.#file.close();
    this.#file = file;
  }
}

/** What a reader of old results keeps between two reads. */
export interface SegmentCache {
  segment?: Segment;
}

const SEGMENT = /^results-(\d{15})\.jsonl$/;
const SEGMENT_NAME = (after: number): string => `results-${String(after).padStart(15, '0')}.jsonl`;
const segmentPath = (folder: string, after: number): string => join(folder, SEGMENT_NAME(after));

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

async function lineId(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) {
    const id = /"id":\s*"([0-9a-f-]{1,64})"/.exec(text)?.[1];
    if (id !== undefined) return id;
    throw new StorageError('store', `"${path}" is damaged: expected the line's id; choose another state`, {
      details: { path, option: 'state' },
    });
  }
  const id = randomUUID();
  await writeFileAtomically(path, `${JSON.stringify({ id })}\n`);
  return id;
}
