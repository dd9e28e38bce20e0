import type { ObjectStore, Registry } from '@cflow/store';
import type { Logger } from '../app/logger.js';
import { UPLOADS } from '../app/store-data-set.js';

const DAY_MS = 86_400_000;
// A job whose worker died between staging its bundle and publishing it comes back for the files.
const WEEK_MS = 7 * DAY_MS;
const PAGE = 1000;

export interface CleanStoreOptions {
  objects: ObjectStore;
  registry: Pick<Registry, 'sweep'>;
  logger: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Aborts when the service ends: then no more is begun. */
  signal: AbortSignal;
}

/**
 * Removes what services that died have left: uploads that were never finished, and files of bundles that never became
 * visible. Uploads younger than a day and files younger than a week may be somebody's work. Never rejects: what could not be removed is logged, and
 * is there for the next service to start.
 */
export async function cleanStore({
  objects,
  registry,
  logger,
  now,
  signal,
}: CleanStoreOptions): Promise<void> {
  const attempt = async (what: string, work: () => Promise<number>): Promise<void> => {
    if (signal.aborted) return;
    try {
      const removed = await work();
      if (removed > 0) logger.info({ removed }, `removed ${what}`);
    } catch (error) {
      logger.warn({ error: String(error) }, `cannot remove ${what}`);
    }
  };
  await attempt('old uploads', () => removeUploads(objects, now() - DAY_MS, signal));
  await attempt('files of no version', () => registry.sweep({ olderThanMs: WEEK_MS }));
}

async function removeUploads(objects: ObjectStore, before: number, signal: AbortSignal): Promise<number> {
  let removed = 0;
  let after: string | undefined;
  do {
    const page = await objects.list(UPLOADS, { limit: PAGE, after });
    for (const { key, modifiedAt } of page) {
      if (signal.aborted) return removed;
      if (modifiedAt >= before) continue;
      await objects.delete(key);
      removed++;
    }
    after = page.length < PAGE ? undefined : page.at(-1)?.key;
  } while (after !== undefined);
  return removed;
}
