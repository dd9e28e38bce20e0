import { loadDetector } from './load-detector.js';
import type { LocalDetector } from './local-detector.js';
import { useEngine } from './page-engine.js';
import type { DeviceAttempt, EngineOptions, LoadDetectorOptions, Notice } from './types.js';

/** The part of a client of the service that takes a bundle: `CflowClient` of `@cflow/sdk` has it. */
export interface BundleTaker<Summary> {
  readonly detectors: {
    publish(name: string, files: ReadonlyMap<string, Blob>, options?: { alias?: string }): Promise<Summary>;
  };
}

/** A folder that the user has chosen: a `FileSystemDirectoryHandle`, described by what is used of it. */
export interface WritableFolder {
  getFileHandle(
    name: string,
    options: { create: true },
  ): Promise<{ createWritable(): Promise<{ write(data: Blob): Promise<void>; close(): Promise<void> }> }>;
}

/** What a training run made: a bundle, to score with here, to save, or to upload. */
export class TrainedBundle {
  /** The bundle's files, `manifest.json` and `report.html` included. */
  readonly files: ReadonlyMap<string, Blob>;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly name: string;
  /** Devices that were tried for training before the one in use, and why each was refused. */
  readonly refused: readonly DeviceAttempt[];
  readonly notices: readonly Notice[];
  readonly #engine: EngineOptions;

  /** Made by `trainDetector`. */
  constructor(
    parts: Pick<TrainedBundle, 'files' | 'manifest' | 'name' | 'refused' | 'notices'>,
    engine: EngineOptions,
  ) {
    this.files = parts.files;
    this.manifest = parts.manifest;
    this.name = parts.name;
    this.refused = parts.refused;
    this.notices = parts.notices;
    this.#engine = engine;
  }

  /** A detector to score with, as `loadDetector` gives it. */
  load(options: LoadDetectorOptions = {}): Promise<LocalDetector> {
    return loadDetector({ files: this.files, name: this.name }, { ...this.#engine, ...options });
  }

  /** A ZIP archive of the files, for a download. Unpacked it is a folder that `cflow serve` and `cflow predict` take. */
  async toBlob(): Promise<Blob> {
    const engine = await useEngine(this.#engine);
    try {
      return await engine.link.call('archive', { files: this.files });
    } finally {
      engine.release();
    }
  }

  /** Writes the files into a folder, the manifest last, so that half a bundle does not pass for one. */
  async saveTo(folder: WritableFolder): Promise<void> {
    const isManifest = ([name]: [string, Blob]): boolean => name === 'manifest.json';
    for (const [name, file] of [...this.files].sort(
      (a, b) => Number(isManifest(a)) - Number(isManifest(b)),
    )) {
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(file);
      await writable.close();
    }
  }

  /** Publishes the bundle as a new version; the client's key needs the scope `admin`. */
  upload<Summary>(
    client: BundleTaker<Summary>,
    { name = this.name, ...options }: { name?: string; alias?: string } = {},
  ): Promise<Summary> {
    return client.detectors.publish(name, this.files, options);
  }
}
