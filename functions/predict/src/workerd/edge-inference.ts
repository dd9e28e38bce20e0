import { backboneKey, parseManifest } from '@cflow/detector';
import {
  createInference,
  type DetectorMemory,
  type Inference,
  InferenceError,
  type InferenceParts,
  type InferenceRegistry,
  type InferenceRequest,
  type InferenceResult,
  type LoadedDetector,
} from '@cflow/inference';
import {
  BUNDLE_FILES,
  BundleError,
  type BundleManifest,
  CflowError,
  type DeviceChoice,
  releaseBuffer,
  SCORING_FILES,
  StorageError,
} from '@cflow/spec';
import { type Elsewhere, ElsewhereError } from './elsewhere.js';
import { Recent } from './recent.js';
import { Turn } from './turn.js';

export interface EdgeInferenceParts
  extends Omit<InferenceParts, 'registry' | 'refresh' | 'estimate' | 'device' | 'createAbortController'> {
  registry: InferenceRegistry;
  estimate(manifest: BundleManifest): DetectorMemory;
}

const MOST_REMEMBERED = 100;
/** Milliseconds after which the request that fetches a bundle counts as gone. */
const GIVE_UP_MS = 20_000;
const MOST_ATTEMPTS = 3;

interface Wanted {
  name: string;
  version: string;
}

/**
 * The inference core on Cloudflare's runtime, where all that a request does ends when the request does: a promise that waits
 * for its fetch would never settle, and others who share it would wait for ever. So each request does its own reading, and
 * only what has been read is shared: versions and manifests as values, the files of a bundle handed to the core as bytes,
 * from which on nothing waits for anything but this thread.
 */
export class EdgeInference implements Inference {
  readonly #parts: EdgeInferenceParts;
  readonly #core: Inference;
  readonly #versions: Recent<string>;
  readonly #manifests: Recent<{ bytes: Uint8Array; manifest: BundleManifest }>;
  /** Files of the bundle that is being opened, by `name@version`. */
  readonly #staged: Map<string, ReadonlyMap<string, Uint8Array>> = new Map();
  readonly #turn: Turn;
  #engineLost = false;

  constructor(parts: EdgeInferenceParts) {
    const { now } = parts;
    this.#parts = parts;
    this.#versions = new Recent(MOST_REMEMBERED);
    this.#manifests = new Recent(MOST_REMEMBERED);
    this.#turn = new Turn({ now, giveUpMs: GIVE_UP_MS });
    this.#core = createInference({
      ...parts,
      device: 'wasm',
      refresh: false,
      createAbortController: () => new AbortController(),
      registry: {
        // It is asked for versions only, see `predict`.
        resolve: async (_, version) => version,
        settings: async (name) => (await parts.registry.settings?.(name)) ?? { name, revision: 0 },
        bundle: (name, version) => ({
          name: `${name}@${version.slice(0, 12)}`,
          read: async (file) => this.#stagedFile(name, version, file),
        }),
      },
    });
  }

  /** The engine has stopped: this instance of the Worker scores no more. */
  engineLost(): void {
    this.#engineLost = true;
  }

  /** Why a request with these detectors is for another service; undefined when it is not. */
  async elsewhere(
    detectors: InferenceRequest['detectors'],
    device: DeviceChoice,
  ): Promise<Elsewhere | undefined> {
    if (this.#engineLost) return { why: 'engine' };
    if (device !== 'auto' && device !== 'wasm') return { why: 'device', device };
    const heads = new Map<string, number>();
    const backbones = new Map<string, number>();
    for (const { name, version } of await this.#resolveAll(detectors)) {
      const { manifest } = await this.#manifest(name, version);
      const { headBytes, backboneBytes } = this.#parts.estimate(manifest);
      heads.set(`${name}@${version}`, headBytes);
      backbones.set(backboneKey(manifest), backboneBytes);
    }
    const needed = [...heads.values(), ...backbones.values()].reduce((sum, bytes) => sum + bytes, 0);
    const limit = this.#parts.memoryBytes;
    return needed > limit ? { why: 'memory', needed, limit } : undefined;
  }

  async predict(request: InferenceRequest): Promise<InferenceResult[]> {
    const elsewhere = await this.elsewhere(request.detectors, request.options.device);
    if (elsewhere) throw new ElsewhereError(elsewhere);
    const wanted = await this.#resolveAll(request.detectors);
    const detectors = wanted.map(({ name, version }) => ({ name, reference: version }));
    for (let attempt = 1; ; attempt++) {
      for (const each of wanted) await this.#bring(each);
      try {
        return await this.#core.predict({ ...request, detectors });
      } catch (error) {
        // Another request made room for its own detector in just this moment.
        const pushedOut = CflowError.isInstance(error) && error.details.notStaged === true;
        if (!pushedOut || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  async load(name: string, reference: string): Promise<LoadedDetector> {
    const elsewhere = await this.elsewhere([{ name, reference }], 'auto');
    if (elsewhere) throw new ElsewhereError(elsewhere);
    const version = await this.#resolve(name, reference);
    await this.#bring({ name, version });
    const loaded = this.#resident({ name, version });
    if (loaded) return loaded;
    throw new InferenceError('unavailable', `"${name}" had to make room for another detector; try again`);
  }

  status(): ReturnType<Inference['status']> {
    return this.#core.status();
  }

  close(): Promise<void> {
    return this.#core.close();
  }

  /** Settles when no bundle is being fetched: until then the request that fetches it must not end. */
  idle(): Promise<void> {
    return this.#turn.idle();
  }

  #resident({ name, version }: Wanted): LoadedDetector | undefined {
    return this.#core.status().detectors.find((each) => each.name === name && each.version === version);
  }

  async #resolveAll(detectors: InferenceRequest['detectors']): Promise<Wanted[]> {
    return Promise.all(
      detectors.map(async ({ name, reference }) => ({ name, version: await this.#resolve(name, reference) })),
    );
  }

  /** A storage that cannot be reached leaves what it said last. */
  async #resolve(name: string, reference: string): Promise<string> {
    const { registry, now, aliasFreshMs } = this.#parts;
    const key = `${name}@${reference}`;
    const known = this.#versions.get(key);
    if (known && now() - known.at < aliasFreshMs) return known.value;
    try {
      const version = await registry.resolve(name, reference);
      this.#versions.set(key, version, now());
      return version;
    } catch (error) {
      if (known && CflowError.isInstance(error) && error.retryable) return known.value;
      throw error;
    }
  }

  async #manifest(name: string, version: string): Promise<{ bytes: Uint8Array; manifest: BundleManifest }> {
    const key = `${name}@${version}`;
    const known = this.#manifests.get(key);
    if (known) return known.value;
    const source = this.#parts.registry.bundle(name, version);
    const bytes = await source.read(BUNDLE_FILES.manifest);
    const entry = { bytes, manifest: await parseManifest(bytes, source.name) };
    this.#manifests.set(key, entry, this.#parts.now());
    return entry;
  }

  /** Loads a detector that is not here, one at a time: two bundles on their way would not fit. */
  async #bring(wanted: Wanted): Promise<void> {
    if (this.#resident(wanted)) return;
    const { name, version } = wanted;
    const key = `${name}@${version}`;
    await this.#turn.take(async () => {
      if (this.#resident(wanted)) return;
      const source = this.#parts.registry.bundle(name, version);
      const { bytes: manifest } = await this.#manifest(name, version);
      const files = new Map<string, Uint8Array>();
      try {
        for (const file of SCORING_FILES) files.set(file, await source.read(file));
        this.#staged.set(key, new Map([...files, [BUNDLE_FILES.manifest, manifest]]));
        await this.#core.load(name, version, { pin: false });
      } finally {
        this.#staged.delete(key);
        // The engine has copies of its own.
        for (const bytes of files.values()) releaseBuffer(bytes.buffer);
      }
    });
  }

  #stagedFile(name: string, version: string, file: string): Uint8Array {
    const files = this.#staged.get(`${name}@${version}`);
    const bytes = files?.get(file);
    if (bytes) return bytes;
    // The report, say, which a bundle may lack.
    if (files) throw new BundleError(`${file} of "${name}" is not needed here`, { details: { file } });
    throw new StorageError('store', `"${name}" had to make room for another detector; try again`, {
      retryable: true,
      details: { file, notStaged: true },
    });
  }
}
