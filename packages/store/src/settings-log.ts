import {
  type DetectorSettings,
  type DetectorSettingsPage,
  detectorSettingsSchema,
  MAX_INT32,
  type PageQuery,
  StorageError,
} from '@cflow/spec';
import type { ObjectStore } from './object-store.js';
import { RegistryError } from './registry-error.js';
import { settingsPrefix } from './registry-keys.js';
import { readSmallJson } from './store-reads.js';

const MAX_BYTES = 2 ** 16;
/** Others may save at the same moment, each time one of them succeeds. */
const MAX_ATTEMPTS = 50;

/** What was decided for detectors: one object for each revision, never changed, the newest first in the order of keys. */
export class SettingsLog {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Undefined where nothing was decided. */
  async current(name: string): Promise<DetectorSettings | undefined> {
    const [newest] = await this.#store.list(settingsPrefix(name), { limit: 1 });
    return newest && this.#read(newest.key);
  }

  /**
   * Saves the next revision, in one step.
   *
   * @throws RegistryError `conflict` when another than the expected revision is in force
   */
  async save(
    settings: Omit<DetectorSettings, 'revision'>,
    expected: number | undefined,
  ): Promise<DetectorSettings> {
    const { name } = settings;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const before = (await this.current(name))?.revision ?? 0;
      if (expected !== undefined && before !== expected) throw changed(name, expected, before);
      const next = detectorSettingsSchema.parse({ ...settings, revision: before + 1 });
      const content = new TextEncoder().encode(JSON.stringify(next));
      const { written } = await this.#store.put(keyOf(name, next.revision), content, { ifMatch: null });
      if (written) return next;
    }
    throw new StorageError('store', `the settings of "${name}" are being saved all the time; try again`, {
      retryable: true,
      details: { name },
    });
  }

  /** All revisions, the newest first. */
  async list(name: string, { limit, after }: PageQuery): Promise<DetectorSettingsPage> {
    const prefix = settingsPrefix(name);
    const keys = await this.#store.list(prefix, {
      limit: limit + 1,
      after: after === undefined ? undefined : prefix + after,
    });
    const page = keys.slice(0, limit);
    const settings: DetectorSettings[] = [];
    for (const { key } of page) {
      const found = await this.#read(key);
      if (found) settings.push(found);
    }
    return { settings, next: keys.length > limit ? (page.at(-1)?.key.slice(prefix.length) ?? null) : null };
  }

  async #read(key: string): Promise<DetectorSettings | undefined> {
    const found = await readSmallJson(this.#store, key, MAX_BYTES, {
      parse: (value) => detectorSettingsSchema.parse(value),
      what: 'the settings of a detector are damaged, and have to be saved again',
    });
    return found?.value;
  }
}

/** Counted down, so that the newest is the first that a store lists. */
function keyOf(name: string, revision: number): string {
  return `${settingsPrefix(name)}${String(MAX_INT32 - revision).padStart(10, '0')}.json`;
}

function changed(name: string, expected: number, found: number): RegistryError {
  const shown = (revision: number): string => (revision === 0 ? 'none' : `revision ${revision}`);
  return new RegistryError(
    'conflict',
    `the settings of "${name}" are at ${shown(found)}, expected ${shown(expected)}; look and decide again`,
    { details: { name, expected, found } },
  );
}
