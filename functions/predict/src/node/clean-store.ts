import { setTimeout } from 'node:timers/promises';
import type { Jobs } from '@cflow/jobs';
import type { Logger } from '@cflow/spec';
import type { ObjectInfo, ObjectStore, Registry } from '@cflow/store';
import { DATA_SETS, isUpload, lifeOfDataSet } from '../app/data-sets.js';
import { UPLOADS } from '../app/store-data-set.js';

const DAY_MS = 86_400_000;
// A job whose worker died between staging its bundle and publishing it comes back for the files.
const WEEK_MS = 7 * DAY_MS;
const PAGE = 1000;

export interface CleanStoreOptions {
  objects: ObjectStore;
  registry: Pick<Registry, 'sweep' | 'sweepImages' | 'settings'>;
  /** Undefined, where no training is offered: data sets stay. */
  jobs?: Pick<Jobs, 'releaseDataSet' | 'dataSetUses'> | undefined;
  /** How long an uploaded data set is kept after its upload and the last job on it. Undefined: for ever. */
  dataSetLifeMs?: number | undefined;
  logger: Logger;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Aborts when the service ends: then no more is begun. */
  signal: AbortSignal;
}

/**
 * Removes what services that died have left: uploads that were never finished, and files of bundles that never became
 * visible; and data sets that no job has used for long. Uploads younger than a day and files younger than a week may be
 * somebody's work. Never rejects: what could not be removed is logged, and
 * is there for the next service to start.
 */
export async function cleanStore({
  objects,
  registry,
  jobs,
  dataSetLifeMs,
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
  await attempt('old uploads', () =>
    eachOlder(objects, { prefix: UPLOADS, before: now() - DAY_MS, signal }, async ({ key }) => {
      await objects.delete(key);
      return true;
    }),
  );
  if (jobs && dataSetLifeMs !== undefined) {
    const old = { prefix: DATA_SETS, before: now() - dataSetLifeMs, signal };
    await attempt('data sets that were no longer used', () =>
      eachOlder(objects, old, async ({ key }) => {
        if (!isUpload(key)) return false;
        const use = (await jobs.dataSetUses([key])).get(key);
        const options = { restSeconds: (await lifeOfDataSet(registry, use, dataSetLifeMs)) / 1000 };
        // Somebody may have sent it again meanwhile.
        let removed = false;
        await jobs.releaseDataSet(key, options, async () => {
          const found = await objects.head(key);
          if (!found || found.modifiedAt >= old.before) return;
          await objects.delete(key);
          removed = true;
        });
        return removed;
      }),
    );
  }
  await attempt('images that were kept for as long as was decided', () => registry.sweepImages());
  await attempt('files of no version', () => registry.sweep({ olderThanMs: WEEK_MS }));
}

/** The same again and again, for services that live long, until the signal aborts. */
export async function keepStoreClean(options: CleanStoreOptions, everyMs: number): Promise<void> {
  while (!options.signal.aborted) {
    await cleanStore(options);
    await setTimeout(everyMs, undefined, { signal: options.signal, ref: false }).catch(() => undefined);
  }
}

/** How many objects below a prefix, written before a time, `work` says that it has removed. */
async function eachOlder(
  objects: ObjectStore,
  { prefix, before, signal }: { prefix: string; before: number; signal: AbortSignal },
  work: (object: ObjectInfo) => Promise<boolean>,
): Promise<number> {
  let removed = 0;
  let after: string | undefined;
  do {
    const page = await objects.list(prefix, { limit: PAGE, after });
    for (const object of page) {
      if (signal.aborted) return removed;
      if (object.modifiedAt < before && (await work(object))) removed++;
    }
    after = page.length < PAGE ? undefined : page.at(-1)?.key;
  } while (after !== undefined);
  return removed;
}
