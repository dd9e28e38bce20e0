import { open, readFile } from 'node:fs/promises';
import { StorageError } from '@cflow/spec';
import type { Result } from '../result.js';

/** What has to be known of all results before a segment. */
export interface Checkpoint {
  /** Sequence number of the last result before. */
  last: number;
  /** The source's number of it. */
  number: number;
  /** Files that were taken and may lie there still: names and stamps. */
  taken: [name: string, stamp: string][];
}

/** A file of the journal: a checkpoint, then results, a line of JSON each. */
export interface Segment {
  path: string;
  checkpoint: Checkpoint;
  checkpointBytes: number;
  results: Result[];
  /** Bytes up to the end of the last whole line. */
  bytes: number;
}

/**
 * Reads a segment. Of the newest one the last line may be torn: it is left out, since it was never reported to anybody.
 *
 * @throws StorageError when anything else in it is damaged
 */
export async function readSegment(path: string, newest: boolean): Promise<Segment> {
  const content = await readFile(path);
  const end = content.lastIndexOf(0x0a) + 1;
  if (end < content.length && !newest) throw damaged(path, 'its last line is not complete');
  const lines = content.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  const [first, ...rest] = lines;
  if (first === undefined) throw damaged(path, 'it is empty');
  const checkpoint = parse<Checkpoint>(path, first, 1);
  if (!Number.isSafeInteger(checkpoint.last) || !Array.isArray(checkpoint.taken))
    throw damaged(path, 'its first line is not a checkpoint');
  const results = rest.map((line, i) => parse<Result>(path, line, i + 2));
  for (const [i, { sequence }] of results.entries()) {
    if (sequence !== checkpoint.last + i + 1) throw damaged(path, `line ${i + 2} is out of sequence`);
  }
  return { path, checkpoint, checkpointBytes: Buffer.byteLength(first) + 1, results, bytes: end };
}

/** Takes away what follows the last whole line. */
export async function truncateSegment({ path, bytes }: Segment): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.truncate(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parse<T>(path: string, line: string, number: number): T {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // Told below.
  }
  throw damaged(path, `line ${number} is not a JSON object`);
}

function damaged(path: string, what: string): StorageError {
  return new StorageError(
    'store',
    `the journal "${path}" is damaged: ${what}; restore it, or start with a new state (every file in the folder is then scored anew)`,
    { details: { path, option: 'state' } },
  );
}
