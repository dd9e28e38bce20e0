import { type NamedFiles, namedBlobs } from '../bytes/named-blobs.js';
import type { ApiPromise } from '../http/api-promise.js';
import { list } from '../http/list.js';
import type { ListOptions, Paged } from '../http/paged.js';
import { type CallOptions, TRANSFER_TIMEOUT, type Transport } from '../http/transport.js';
import type {
  AliasState,
  DetectorSettings,
  DetectorSummary,
  Shadow,
  ShadowReport,
  VersionDetail,
  VersionSummary,
} from '../types/registry.js';
import type { DrawnRegions, Drift, Feedback } from '../types/service.js';

export interface PublishOptions extends CallOptions {
  /** Alias moved to the new version; null: none. Default `latest`. */
  alias?: string | null | undefined;
}

export interface MoveAliasOptions extends CallOptions {
  /** Only if the alias points there now; null: only if there is no such alias. Else ConflictError. */
  expected?: string | null | undefined;
}

export interface VersionOptions extends CallOptions {
  /** An alias, a version, or its first 8 digits or more. */
  version?: string | undefined;
}

/** What is decided, all of it: what is left out is the bundle's own again. */
export interface SettingsInput {
  /** Score from which an image is bad, of `version`. Not together with `falseAlarmRate`. */
  threshold?: number | undefined;
  /** The share of good images that may be called bad, in (0, 1), for any version. */
  falseAlarmRate?: number | undefined;
  /** Map value from which a pixel belongs to a region, of `version`. */
  pixelThreshold?: number | undefined;
  /** Smallest region, in pixels of the image. */
  minArea?: number | undefined;
  /** Regions smaller than this share of the largest are left out, unless they are higher than it. In [0, 1]; 0 keeps all. */
  minShare?: number | undefined;
  /** What is left out of score and regions of every picture, drawn on one of them. */
  ignore?: DrawnRegions | undefined;
  /** Days, to 3650, that images are kept for: those that come with feedback, and the data sets of training jobs. */
  keepImageDays?: number | undefined;
  /** A version that scores beside what is asked for by an alias, after the answer and without one. */
  shadow?: Shadow | undefined;
  /** An alias or a version: whose scores the thresholds are of. Needed for them. */
  version?: string | undefined;
  /** Why it was decided: 500 characters at most. */
  note?: string | undefined;
  /** Only if this revision is in force; 0: only if nothing was decided. Else ConflictError. */
  expected?: number | undefined;
}

const PATH = ['v1', 'detectors'] as const;

/** The registry: detectors, their versions, aliases and files. A `version` may also be an alias, or its first 8 digits. */
export class Detectors {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Detectors in the order of their names. */
  list(options: ListOptions = {}): Paged<DetectorSummary> {
    return list(this.#transport, PATH, 'detectors', options);
  }

  get(name: string, options: CallOptions = {}): ApiPromise<DetectorSummary> {
    return this.#transport.json({ path: [...PATH, name], ...options });
  }

  /** The versions of a detector, the newest first. */
  versions(name: string, options: ListOptions = {}): Paged<VersionSummary> {
    return list(this.#transport, [...PATH, name, 'versions'], 'versions', options);
  }

  /** A version and its manifest, which names its files. */
  version(name: string, version: string, options: CallOptions = {}): ApiPromise<VersionDetail> {
    return this.#transport.json({ path: [...PATH, name, 'versions', version], ...options });
  }

  /** One of a version's files, whole. */
  file(name: string, version: string, file: string, options: CallOptions = {}): ApiPromise<Blob> {
    return this.#transport.send(
      { path: [...PATH, name, 'versions', version, 'files', file], timeout: TRANSFER_TIMEOUT, ...options },
      (response) => response.blob(),
    );
  }

  /** Uploads a bundle, `manifest.json` and every file that it lists, as a new version. The same again changes nothing. */
  async publish(
    name: string,
    files: NamedFiles,
    { alias, ...options }: PublishOptions = {},
  ): Promise<VersionSummary> {
    const form = new FormData();
    for (const [file, blob] of await namedBlobs(files)) form.append('file', blob, file.split('/').at(-1));
    return this.#transport.json({
      method: 'POST',
      path: [...PATH, name, 'versions'],
      query: { alias: alias === null ? '' : alias },
      body: form,
      idempotent: true,
      timeout: TRANSFER_TIMEOUT,
      ...options,
    });
  }

  /** Deletes a version that no alias holds. */
  deleteVersion(name: string, version: string, options: CallOptions = {}): ApiPromise<void> {
    return this.#transport.json({ method: 'DELETE', path: [...PATH, name, 'versions', version], ...options });
  }

  /** Where an alias points. */
  alias(name: string, alias: string, options: CallOptions = {}): ApiPromise<AliasState> {
    return this.#transport.json({ path: [...PATH, name, 'aliases', alias], ...options });
  }

  /** Points an alias to a version (all 64 digits of it), in one step. */
  moveAlias(
    name: string,
    alias: string,
    version: string,
    { expected, ...options }: MoveAliasOptions = {},
  ): ApiPromise<AliasState> {
    return this.#transport.json({
      method: 'PUT',
      path: [...PATH, name, 'aliases', alias],
      json: { version, expected },
      // With a condition, doing it a second time is refused although the first was done.
      idempotent: expected === undefined,
      ...options,
    });
  }

  /** Deletes an alias. The version that it points to stays. */
  deleteAlias(name: string, alias: string, options: CallOptions = {}): ApiPromise<void> {
    return this.#transport.json({ method: 'DELETE', path: [...PATH, name, 'aliases', alias], ...options });
  }

  /** What is decided for a detector; revision 0 where nothing was. */
  settings(name: string, options: CallOptions = {}): ApiPromise<DetectorSettings> {
    return this.#transport.json({ path: [...PATH, name, 'settings'], ...options });
  }

  /** Decides threshold and smallest region, as a new revision. */
  saveSettings(
    name: string,
    settings: SettingsInput,
    options: CallOptions = {},
  ): ApiPromise<DetectorSettings> {
    return this.#transport.json({
      method: 'PUT',
      path: [...PATH, name, 'settings'],
      json: settings,
      ...options,
    });
  }

  /** All that was decided for a detector, the newest first. */
  settingsHistory(name: string, options: ListOptions = {}): Paged<DetectorSettings> {
    return list(this.#transport, [...PATH, name, 'settings', 'revisions'], 'settings', options);
  }

  /** What the shadow of a detector said beside its answers. */
  shadow(name: string, options: CallOptions = {}): ApiPromise<ShadowReport> {
    return this.#transport.json({ path: [...PATH, name, 'shadow'], ...options });
  }

  /** Feedback on a detector's predictions. */
  feedback(name: string, { version, ...options }: ListOptions & VersionOptions = {}): Paged<Feedback> {
    return list(this.#transport, [...PATH, name, 'feedback'], 'feedback', options, { version });
  }

  /** Whether recent scores still look like those of calibration. */
  drift(name: string, { version, ...options }: VersionOptions = {}): ApiPromise<Drift> {
    return this.#transport.json({ path: [...PATH, name, 'drift'], query: { version }, ...options });
  }
}
