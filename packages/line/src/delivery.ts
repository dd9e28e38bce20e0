import { createHash } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '@cflow/detector/node';
import { CflowError, type StartTrace, StorageError } from '@cflow/spec';
import type { Journal, SegmentCache } from './journal/journal.js';
import { RefusedResultError } from './refused-result-error.js';
import type { Result } from './result.js';
import type { Sink } from './sink.js';
import { withoutSecrets } from './without-secrets.js';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** Refusals after which a result is set aside; from the first to the last are about four seconds. */
const MOST_REFUSALS = 5;
/** At the end, a sink that is away may be back within this. */
const AWAY_MS = 1500;

export type DeliveryEvent =
  | { type: 'sink-away'; sink: string; reason: string; waiting: number }
  | { type: 'sink-back'; sink: string }
  /** A receiver will not have this result: it is in a file now, and the next one is brought. */
  | { type: 'result-refused'; sink: string; name: string; reason: string; path: string }
  /** While the line ran without this sink, results went that it has not got. */
  | { type: 'sink-missed'; sink: string; results: number };

export interface DeliveryOptions {
  sink: Sink;
  journal: Journal;
  /** Where it is kept what a sink has. */
  folder: string;
  onEvent: (event: DeliveryEvent) => void;
  /** Told after each delivery. */
  onDelivered: (results: number) => void;
  /** Records deliveries, as parts of the results' traces. */
  startTrace?: StartTrace | undefined;
  /** Default 250, doubled up to 30 000. */
  retryMs?: number | undefined;
}

interface Cursor {
  sink: string;
  /** Sequence number of the last result that it has. */
  after: number;
  position: unknown;
  /** How often the next result was refused. */
  refusals?: number;
}

/**
 * Brings results from the journal to one sink, in their order. A sink that fails is opened again where it stood and given the
 * same results, for as long as it takes; the others do not wait for it.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #path: string;
  readonly #cache: SegmentCache = {};
  readonly #ending = new AbortController();
  #cursor: Cursor;
  #failures = 0;
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;

  private constructor(options: DeliveryOptions, path: string, cursor: Cursor) {
    this.#options = options;
    this.#path = path;
    this.#cursor = cursor;
  }

  /** Opens the sink where it stood. A sink that is new to the line begins with the next result. */
  static async open(options: DeliveryOptions): Promise<Delivery> {
    const { sink, journal, folder, onEvent } = options;
    const hash = createHash('sha256').update(sink.name).digest('hex').slice(0, 16);
    const path = join(folder, `${hash}.json`);
    await mkdir(folder, { recursive: true });
    const known = await readCursor(path);
    const cursor = known ?? { sink: sink.name, after: journal.last, position: undefined };
    const missed = journal.first - 1 - cursor.after;
    if (missed > 0) {
      cursor.after += missed;
      onEvent({ type: 'sink-missed', sink: sink.name, results: missed });
    }
    const delivery = new Delivery(options, path, cursor);
    await delivery.#reopen();
    return delivery;
  }

  /** Sequence number of the last result that the sink has. */
  get after(): number {
    return this.#cursor.after;
  }

  /** Whether it has failed and not been reached since. */
  get away(): boolean {
    return this.#failures > 0;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There is something new. */
  wake(): void {
    this.#wake();
  }

  /** Delivers what is there as long as that works and time is left, then closes the sink. One that is away is tried a little longer. */
  async end(milliseconds: number): Promise<void> {
    const { journal, sink } = this.#options;
    const now = performance.now();
    while (this.#running && this.after < journal.last && performance.now() < now + milliseconds) {
      if (this.away && performance.now() > now + AWAY_MS) break;
      await sleep(20);
    }
    this.#ending.abort();
    this.#wake();
    await this.#running;
    await sink.close();
  }

  async #run(): Promise<void> {
    const { sink, journal, onEvent, onDelivered, retryMs = FIRST_RETRY_MS } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      if (this.after >= journal.last) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      let results: Result[] = [];
      try {
        if (this.away) await this.#reopen();
        results = await journal.read(this.after, sink.maxBatch, this.#cache);
        const position = await this.#recorded(results, () => sink.deliver(results, signal));
        await this.#save({ sink: sink.name, after: results.at(-1)?.sequence ?? this.after, position });
        if (this.away) onEvent({ type: 'sink-back', sink: sink.name });
        this.#failures = 0;
        onDelivered(results.length);
      } catch (error) {
        if (signal.aborted) return;
        if (await this.#setsAside(error, results[0])) continue;
        const waiting = journal.last - this.after;
        const reason = error instanceof Error ? error.message : String(error);
        if (this.#failures++ === 0) onEvent({ type: 'sink-away', sink: sink.name, reason, waiting });
        const wait = Math.min(LONGEST_RETRY_MS, retryMs * 2 ** Math.min(this.#failures - 1, 16));
        await sleep(wait, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** A part of each result's trace, which may have begun in a process that is no more; of a delivery that fails, of the first's. */
  async #recorded<T>(results: readonly Result[], deliver: () => Promise<T>): Promise<T> {
    const { startTrace, sink } = this.#options;
    const at = performance.now();
    const record = (some: readonly Result[], error?: unknown): void => {
      for (const { traceparent: parent } of some) {
        if (parent === undefined) continue;
        const attributes = { 'cflow.sink': withoutSecrets(sink.name), 'cflow.batch.results': results.length };
        startTrace?.('deliver', { parent, at, attributes }).end({ error });
      }
    };
    try {
      const position = await deliver();
      record(results);
      return position;
    } catch (error) {
      record(results.slice(0, 1), error);
      throw error;
    }
  }

  /** Whether the result was refused often enough to go on without it. What cannot be kept is not set aside. */
  async #setsAside(error: unknown, result: Result | undefined): Promise<boolean> {
    if (!(error instanceof RefusedResultError) || !result) return false;
    const { sink, onEvent } = this.#options;
    const refusals = (this.#cursor.refusals ?? 0) + 1;
    const path = this.#path.replace(/\.json$/, '-refused.jsonl');
    try {
      if (refusals < MOST_REFUSALS) {
        await this.#save({ ...this.#cursor, refusals });
        return false;
      }
      await appendDurably(path, `${JSON.stringify({ ...result, refused: error.message })}\n`);
      await this.#save({ sink: sink.name, after: result.sequence, position: this.#cursor.position });
    } catch {
      return false;
    }
    this.#failures = 0;
    onEvent({ type: 'result-refused', sink: sink.name, name: result.name, reason: error.message, path });
    return true;
  }

  async #reopen(): Promise<void> {
    const position = await this.#options.sink.open(this.#cursor.position);
    await this.#save({ ...this.#cursor, position });
  }

  async #save(cursor: Cursor): Promise<void> {
    await writeFileAtomically(this.#path, `${JSON.stringify(cursor)}\n`);
    this.#cursor = cursor;
  }
}

async function appendDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readCursor(path: string): Promise<Cursor | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const cursor = JSON.parse(text) as Cursor;
    if (Number.isSafeInteger(cursor.after) && cursor.after >= 0) return cursor;
  } catch (error) {
    if (CflowError.isInstance(error)) throw error;
  }
  throw new StorageError(
    'store',
    `"${path}" is damaged: expected the position of a sink; delete it to continue with the next result`,
  );
}
