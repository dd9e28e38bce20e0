import type { BundleSource } from '@cflow/detector';
import type {
  DetectorPage,
  DetectorSettings,
  DetectorSettingsPage,
  Feedback,
  PageQuery,
  VersionPage,
  VersionSummary,
} from '@cflow/spec';
import { BUNDLE_FILES, versionSchema } from '@cflow/spec';
import { moveAlias, readAlias, readAliases } from './aliases.js';
import { FeedbackLog } from './feedback-log.js';
import { fileOfVersion } from './file-of-version.js';
import { KeptImages } from './kept-images.js';
import type { ObjectStore } from './object-store.js';
import { streamOf } from './read-all.js';
import type { ImageRoom, PredictionName, Registry, RegistryFile, RegistryReader } from './registry.js';
import { RegistryError } from './registry-error.js';
import {
  aliasKey,
  DETECTORS,
  noDetector,
  noVersion,
  stagedKey,
  versionKey,
  versionsPrefix,
} from './registry-keys.js';
import { SettingsLog } from './settings-log.js';
import { publishStaged, stage } from './stage.js';
import { listAllNames } from './store-reads.js';
import { storedBundle } from './stored-bundle.js';
import { sweep } from './sweep.js';
import { factsOf, positionOf, readVersion, VersionList } from './versions.js';

const DAY_MS = 86_400_000;

export interface ObjectRegistryOptions {
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: (() => number) | undefined;
}

/** A registry on an object store. Any number of processes may use the same one; see registry-keys.ts for what lies where. */
export class ObjectRegistry implements Registry {
  readonly name: string;
  readonly #store: ObjectStore;
  readonly #now: () => number;
  readonly #versions: VersionList;
  readonly #feedback: FeedbackLog;
  readonly #images: KeptImages;
  readonly #settings: SettingsLog;

  constructor(store: ObjectStore, options: ObjectRegistryOptions = {}) {
    this.name = store.name;
    this.#store = store;
    this.#now = options.now ?? Date.now;
    this.#versions = new VersionList(store);
    this.#feedback = new FeedbackLog(store);
    this.#images = new KeptImages(store);
    this.#settings = new SettingsLog(store);
  }

  async listDetectors({ limit, after }: PageQuery): Promise<DetectorPage> {
    const detectors: DetectorPage['detectors'] = [];
    for await (const name of listAllNames(this.#store, DETECTORS, { after, page: limit + 1 })) {
      // A bundle that is only staged makes no detector.
      if (!(await this.#exists(name))) continue;
      if (detectors.length === limit) return { detectors, next: detectors.at(-1)?.name ?? null };
      detectors.push({ name, aliases: await readAliases(this.#store, name) });
    }
    return { detectors, next: null };
  }

  async listVersions(detector: string, { limit, after }: PageQuery): Promise<VersionPage> {
    const all = await this.#versions.of(detector);
    if (all.length === 0) throw noDetector(detector);
    const rest = after === undefined ? all : all.filter((version) => positionOf(version) < after);
    const versions = rest.slice(0, limit);
    const last = versions.at(-1);
    return { versions, next: last && rest.length > limit ? positionOf(last) : null };
  }

  async aliases(detector: string): Promise<Record<string, string>> {
    if (!(await this.#exists(detector))) throw noDetector(detector);
    return readAliases(this.#store, detector);
  }

  async resolve(detector: string, reference: string): Promise<string> {
    if (/^[0-9a-f]{8,64}$/.test(reference)) return this.#resolveDigits(detector, reference);
    const found = await readAlias(this.#store, detector, reference);
    if (found) return found.version;
    if (!(await this.#exists(detector))) throw noDetector(detector);
    throw noVersion(detector, reference);
  }

  async version(detector: string, version: string): ReturnType<RegistryReader['version']> {
    const found = await readVersion(this.#store, detector, version);
    const aliases = Object.entries(await readAliases(this.#store, detector));
    const pointing = aliases.filter(([, to]) => to === version).map(([alias]) => alias);
    return { name: detector, version, ...factsOf(found), aliases: pointing, manifest: found.manifest };
  }

  bundle(detector: string, version: string): BundleSource {
    return storedBundle(this.#store, detector, version);
  }

  async file(
    detector: string,
    version: string,
    file: string,
    options: Parameters<RegistryReader['file']>[3] = {},
  ): Promise<RegistryFile> {
    if (file !== BUNDLE_FILES.manifest) return fileOfVersion(this.#store, detector, version, file, options);
    const { bytes } = await readVersion(this.#store, detector, version);
    const part = options.range ? bytes.slice(options.range.start, options.range.end + 1) : bytes;
    return { name: file, size: bytes.length, sha256: version, body: streamOf(part) };
  }

  async stage(detector: string, bundle: BundleSource): Promise<string> {
    return stage(this.#store, detector, bundle);
  }

  async publish(
    detector: string,
    version: string,
    { alias }: { alias: string | null },
  ): Promise<VersionSummary> {
    await publishStaged(this.#store, detector, version);
    if (alias !== null && (await readAlias(this.#store, detector, alias))?.version !== version) {
      await this.moveAlias(detector, alias, version);
    }
    const { manifest: _, ...summary } = await this.version(detector, version);
    return summary;
  }

  async moveAlias(
    detector: string,
    alias: string,
    version: string,
    options: { expected?: string | null | undefined } = {},
  ): Promise<void> {
    const movedAt = new Date(this.#now()).toISOString();
    await moveAlias(this.#store, { name: detector, alias, version, movedAt }, options.expected);
  }

  async deleteAlias(detector: string, alias: string): Promise<void> {
    const key = aliasKey(detector, alias);
    if (!(await this.#store.head(key))) throw noVersion(detector, alias);
    await this.#store.delete(key);
  }

  async deleteVersion(detector: string, version: string): Promise<void> {
    const { bytes } = await readVersion(this.#store, detector, version);
    await this.#refuseWhileNamed(detector, version);
    await this.#store.delete(versionKey(detector, version));
    try {
      // Looks again after it wrote, as moveAlias does; that says why.
      await this.#refuseWhileNamed(detector, version);
    } catch (error) {
      await this.#store.put(versionKey(detector, version), bytes, { ifMatch: null, sha256: version });
      throw error;
    }
    await this.#store.delete(stagedKey(detector, version));
  }

  async settings(detector: string): Promise<DetectorSettings> {
    const current = await this.#settings.current(detector);
    if (current) return current;
    if (!(await this.#exists(detector))) throw noDetector(detector);
    return { name: detector, revision: 0 };
  }

  async saveSettings(
    settings: Omit<DetectorSettings, 'revision' | 'at'>,
    { expected }: { expected?: number | undefined } = {},
  ): Promise<DetectorSettings> {
    const { name } = settings;
    if (!(await this.#exists(name))) throw noDetector(name);
    return this.#settings.save({ ...settings, at: new Date(this.#now()).toISOString() }, expected);
  }

  async listSettings(detector: string, page: PageQuery): Promise<DetectorSettingsPage> {
    if (!(await this.#exists(detector))) throw noDetector(detector);
    return this.#settings.list(detector, page);
  }

  async addFeedback(feedback: Feedback): Promise<void> {
    if (!(await this.#store.head(versionKey(feedback.name, feedback.version)))) {
      throw noVersion(feedback.name, feedback.version);
    }
    await this.#feedback.add(feedback);
  }

  async listFeedback(
    detector: string,
    page: PageQuery & { version?: string | undefined },
  ): Promise<{ feedback: Feedback[]; next: string | null }> {
    if (!(await this.#exists(detector))) throw noDetector(detector);
    const { keys, ...found } = await this.#feedback.list(detector, page);
    return { ...found, feedback: await this.#images.addedTo(detector, found.feedback, keys) };
  }

  async feedbackOf(prediction: PredictionName): Promise<Feedback | undefined> {
    return this.#feedback.of(prediction);
  }

  async deleteFeedback(prediction: PredictionName): Promise<void> {
    // The image first: one that nothing was said of would be found by nobody.
    await this.#images.delete(prediction);
    await this.#feedback.delete(prediction);
  }

  async keepImage(prediction: PredictionName, image: Uint8Array, room: ImageRoom): Promise<void> {
    if (!(await this.#feedback.of(prediction))) {
      throw new RegistryError(
        'not-found',
        'nothing was said of this prediction; say first what the part was, then send its image',
      );
    }
    await this.#images.keep(prediction, image, room);
  }

  async keptImage(prediction: PredictionName): Promise<Uint8Array | undefined> {
    return this.#images.read(prediction);
  }

  async sweepImages(): Promise<number> {
    let removed = 0;
    for await (const name of listAllNames(this.#store, DETECTORS)) {
      const days = (await this.#settings.current(name))?.keepImageDays ?? 0;
      removed += await this.#images.deleteOlder(name, this.#now() - days * DAY_MS);
    }
    return removed;
  }

  async sweep({ olderThanMs }: { olderThanMs: number }): Promise<number> {
    return sweep(this.#store, this.#now(), olderThanMs);
  }

  async #exists(detector: string): Promise<boolean> {
    return (await this.#store.list(versionsPrefix(detector), { limit: 1 })).length > 0;
  }

  async #refuseWhileNamed(detector: string, version: string): Promise<void> {
    const aliases = Object.entries(await readAliases(this.#store, detector));
    const pointing = aliases.filter(([, to]) => to === version).map(([alias]) => alias);
    if (pointing.length === 0) return;
    throw new RegistryError(
      'conflict',
      `version ${version.slice(0, 12)} of "${detector}" is what ${pointing.join(', ')} points to; move the alias first`,
      { details: { name: detector, version, aliases: pointing } },
    );
  }

  async #resolveDigits(detector: string, digits: string): Promise<string> {
    const prefix = versionsPrefix(detector);
    const found = await this.#store.list(prefix + digits, { limit: 2 });
    const [first, second] = found.map(({ key }) => key.slice(prefix.length).replace(/\.json$/, ''));
    if (first === undefined || !versionSchema.safeParse(first).success) {
      throw (await this.#exists(detector)) ? noVersion(detector, digits) : noDetector(detector);
    }
    if (second === undefined) return first;
    throw new RegistryError(
      'conflict',
      `${digits} begins several versions of "${detector}"; give more digits`,
      {
        details: { name: detector, reference: digits },
      },
    );
  }
}
