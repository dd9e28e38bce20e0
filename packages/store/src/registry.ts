import type { BundleSource } from '@cflow/detector';
import type {
  BundleManifest,
  DetectorPage,
  DetectorSettings,
  DetectorSettingsPage,
  Feedback,
  PageQuery,
  VersionPage,
  VersionSummary,
} from '@cflow/spec';

/** One file of a version, to be sent on. `sha256` is that of the whole file. */
export interface RegistryFile {
  name: string;
  size: number;
  sha256: string;
  body: ReadableStream<Uint8Array>;
}

/**
 * Detectors by name and immutable version, read-only. A version is the SHA-256 of the bundle's manifest.
 *
 * Rejects with RegistryError (`not-found`, `conflict`), BundleError for a damaged one, StorageError when the storage
 * fails, `retryable` when it may work later.
 */
export interface RegistryReader {
  readonly name: string;
  listDetectors(page: PageQuery): Promise<DetectorPage>;
  /** The versions of a detector, the newest first. */
  listVersions(detector: string, page: PageQuery): Promise<VersionPage>;
  aliases(detector: string): Promise<Record<string, string>>;
  /** The version that a reference means: an alias, a version, or at least 8 first digits of exactly one. */
  resolve(detector: string, reference: string): Promise<string>;
  version(detector: string, version: string): Promise<VersionSummary & { manifest: BundleManifest }>;
  /** What is in force for a detector; revision 0 where nothing was decided. */
  settings(detector: string): Promise<DetectorSettings>;
  /** The bundle for `loadDetector`; its `name` is `detector@version` with the version cut to 12 digits. */
  bundle(detector: string, version: string): BundleSource;
  file(
    detector: string,
    version: string,
    file: string,
    options?: { range?: { start: number; end: number } | undefined; signal?: AbortSignal | undefined },
  ): Promise<RegistryFile>;
}

/** A prediction, by the id that it was answered with. */
export interface PredictionName {
  name: string;
  version: string;
  prediction: string;
}

/** What the images of one detector may take. */
export interface ImageRoom {
  images: number;
  bytes: number;
}

/** A registry that can be changed. */
export interface Registry extends RegistryReader {
  /**
   * Brings a bundle's files in without making it visible, after every hash was checked; gives the version that it will
   * be. Files that are there already, such as a backbone that another detector has, are not stored again.
   */
  stage(detector: string, bundle: BundleSource): Promise<string>;
  /**
   * Makes a staged version visible, in one step, and moves an alias to it (none for null). Doing it again changes
   * nothing. Rejects with RegistryError `not-found` when it was never staged or its files are gone.
   */
  publish(detector: string, version: string, options: { alias: string | null }): Promise<VersionSummary>;
  /** In one step. With `expected`, only if the alias points there now (null: does not exist); else `conflict`. */
  moveAlias(
    detector: string,
    alias: string,
    version: string,
    options?: { expected?: string | null | undefined },
  ): Promise<void>;
  deleteAlias(detector: string, alias: string): Promise<void>;
  /** Rejects with RegistryError `conflict` while an alias points to it. */
  deleteVersion(detector: string, version: string): Promise<void>;
  /**
   * Saves what is decided as the next revision, in one step. With `expected`, only if that revision is in force (0: none);
   * else `conflict`.
   */
  saveSettings(
    settings: Omit<DetectorSettings, 'revision' | 'at'>,
    options?: { expected?: number | undefined },
  ): Promise<DetectorSettings>;
  /** All revisions, the newest first. */
  listSettings(detector: string, page: PageQuery): Promise<DetectorSettingsPage>;
  /** `image` is not of what is said: whether there is one is looked up. */
  addFeedback(feedback: Feedback): Promise<void>;
  listFeedback(
    detector: string,
    page: PageQuery & { version?: string | undefined },
  ): Promise<{ feedback: Feedback[]; next: string | null }>;
  /** What was said of one prediction. */
  feedbackOf(prediction: PredictionName): Promise<Feedback | undefined>;
  /** Deletes what was said of a prediction, and its image; nothing happens when there is neither. */
  deleteFeedback(prediction: PredictionName): Promise<void>;
  /**
   * Keeps the image of a prediction that something was said of. Rejects with RegistryError `not-found` where nothing was, and
   * with StorageError `storage-full` where the detector's images would take more than `room`.
   */
  keepImage(prediction: PredictionName, image: Uint8Array, room: ImageRoom): Promise<void>;
  /** The image of a prediction, where it is kept. */
  keptImage(prediction: PredictionName): Promise<Uint8Array | undefined>;
  /** Deletes images that are kept for longer than their detector's settings say. Gives how many. */
  sweepImages(): Promise<number>;
  /** Deletes files that no version refers to and that are older than `olderThanMs`. Gives how many. */
  sweep(options: { olderThanMs: number }): Promise<number>;
}
