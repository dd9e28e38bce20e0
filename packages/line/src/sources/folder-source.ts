import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { mapInOrder } from '@cflow/images';
import { listFiles } from '@cflow/images/node';
import { ConfigurationError } from '@cflow/spec';
import type { Frame, Source } from '../frame.js';
import { fileStamp, stampBytes, stampTime } from './file-stamp.js';

const POLL_MS = 250;
/** Of all time, the part that is spent on looking is at most one in so many. */
const IDLE_FACTOR = 5;
const SETTLE_MS = 500;
/** Some programs make an empty file long before they fill it. */
const EMPTY_SETTLE_MS = 10_000;
const STATS_AT_ONCE = 16;
const LONGEST_WAIT_MS = 30_000;
/** A share that was away for so long comes back with files that nobody remembers. */
const FORGET_MS = 24 * 3_600_000;

export type FolderEvent =
  | { type: 'source-lost'; reason: string }
  | { type: 'source-back' }
  | { type: 'file-skipped'; name: string; reason: string };

export interface FolderSourceOptions {
  path: string;
  /** Names and stamps of files that were taken before; entries of files that are long gone are removed from it. */
  taken: Map<string, string>;
  /** Number of the last frame before. */
  lastNumber: number;
  /** Milliseconds that size and time of a file must have stayed the same. Default 500. */
  settleMs?: number | undefined;
  /** Milliseconds between two looks. Default 250; more where a look takes long. */
  pollMs?: number | undefined;
  /** End when all that is there was taken. */
  once?: boolean | undefined;
  onEvent?: ((event: FolderEvent) => void) | undefined;
}

interface Pending {
  stamp: string;
  since: number;
}

/**
 * The images in a folder and below it, each once, as soon as it is whole: size and time of last writing have stayed the same
 * for a while. A file that was renamed into the folder has been the same from the start. Files come in the order in which
 * they became whole, then by time and name. One that is written again is another frame. It looks rather than being told, since
 * file systems of a network tell nobody.
 */
export class FolderSource implements Source {
  readonly name: string;
  readonly dropped = 0;
  readonly #options: FolderSourceOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #offered = new Map<string, string>();
  readonly #absent = new Map<string, number>();
  readonly #told = new Set<string>();
  #ready: Frame[] = [];
  #number: number;
  #lost = 0;
  #tookMs = 0;

  private constructor(options: FolderSourceOptions) {
    this.name = options.path;
    this.#options = options;
    this.#number = options.lastNumber;
  }

  /** @throws ConfigurationError when there is no such folder */
  static async open(options: FolderSourceOptions): Promise<FolderSource> {
    const found = await stat(options.path).catch(() => undefined);
    if (!found?.isDirectory()) {
      throw new ConfigurationError(
        `expected a folder to watch, got "${options.path}", which is ${found ? 'a file' : 'not there'}; make it, or name another`,
      );
    }
    return new FolderSource(options);
  }

  async take(most: number, signal: AbortSignal): Promise<Frame[]> {
    const { pollMs = POLL_MS, once } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      if (this.#ready.length > 0) return this.#ready.splice(0, most);
      await this.#look();
      if (this.#ready.length > 0) continue;
      if (once && this.#lost === 0 && this.#pending.size === 0) return [];
      const wait =
        this.#lost > 0
          ? Math.min(LONGEST_WAIT_MS, pollMs * 2 ** this.#lost)
          : Math.max(pollMs, IDLE_FACTOR * this.#tookMs);
      await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  async close(): Promise<void> {}

  async #look(): Promise<void> {
    const { path, taken, onEvent } = this.#options;
    const started = performance.now();
    const files: { name: string; path: string; stamp: string }[] = [];
    try {
      const { images, skipped } = await listFiles(path);
      for (const { name, reason } of skipped) this.#tell(name, reason);
      const stamped = async (file: { name: string; path: string }) => ({
        ...file,
        stamp: await fileStamp(file.path),
      });
      for await (const file of mapInOrder(images, stamped, { concurrency: STATS_AT_ONCE })) {
        if (file.stamp !== undefined) files.push({ ...file, stamp: file.stamp });
      }
    } catch (error) {
      // A share that is not mounted, a folder that was moved: what was taken stays taken.
      if (this.#lost++ === 0) onEvent?.({ type: 'source-lost', reason: (error as Error).message });
      return;
    }
    if (this.#lost > 0) onEvent?.({ type: 'source-back' });
    this.#lost = 0;
    this.#settle(files, taken);
    this.#forget(new Set(files.map(({ name }) => name)), taken);
    this.#tookMs = performance.now() - started;
  }

  #settle(
    files: readonly { name: string; path: string; stamp: string }[],
    taken: ReadonlyMap<string, string>,
  ): void {
    const { settleMs = SETTLE_MS } = this.#options;
    const now = performance.now();
    const whole: { name: string; path: string; stamp: string }[] = [];
    const seen = new Map<string, Pending>();
    for (const file of files) {
      const { name, stamp } = file;
      if (taken.get(name) === stamp || this.#offered.get(name) === stamp) continue;
      const before = this.#pending.get(name);
      const since = before?.stamp === stamp ? before.since : now;
      const wait = stampBytes(stamp) > 0 ? settleMs : Math.max(settleMs, EMPTY_SETTLE_MS);
      if (now - since >= wait && before) whole.push(file);
      else seen.set(name, { stamp, since });
    }
    this.#pending.clear();
    for (const [name, pending] of seen) this.#pending.set(name, pending);
    whole.sort((a, b) => compare(nanoseconds(a.stamp), nanoseconds(b.stamp)) || (a.name < b.name ? -1 : 1));
    for (const { name, path, stamp } of whole) {
      this.#offered.set(name, stamp);
      const picture = { path, stamp };
      this.#ready.push({ number: ++this.#number, time: stampTime(stamp), name, picture, readyAt: now });
    }
  }

  /** Names of files that are gone are kept for a day: of a share that was away, all files come back at once. */
  #forget(present: ReadonlySet<string>, taken: Map<string, string>): void {
    const now = performance.now();
    for (const name of this.#offered.keys()) if (!present.has(name)) this.#offered.delete(name);
    for (const name of taken.keys()) {
      if (present.has(name)) this.#absent.delete(name);
      else if (!this.#absent.has(name)) this.#absent.set(name, now);
      else if (now - (this.#absent.get(name) as number) > FORGET_MS) {
        this.#absent.delete(name);
        taken.delete(name);
      }
    }
    for (const name of this.#absent.keys()) if (!taken.has(name)) this.#absent.delete(name);
  }

  #tell(name: string, reason: string): void {
    if (reason === 'hidden' || reason === 'system' || this.#told.has(name) || this.#told.size > 1000) return;
    this.#told.add(name);
    this.#options.onEvent?.({ type: 'file-skipped', name, reason });
  }
}

const nanoseconds = (stamp: string): bigint => BigInt(stamp.split(':')[1] as string);
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
