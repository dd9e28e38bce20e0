// What a run continues from, in a store, so that another machine can. The files of one state are tied together by a manifest
// that is written last. A worker that has lost its job may still be writing: files belong to one attempt each, and the
// manifest is replaced only as long as it is the one that this attempt knows, or an earlier attempt's.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storageErrorOf } from '@cflow/detector/node';
import { StorageError } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';
import { type CheckpointManifest, checkpointManifestSchema } from './checkpoint-manifest.js';
import type { Snapshot } from './snapshot.js';

/** Manifests are small; anything larger is not one. */
const MOST_MANIFEST_BYTES = 2 ** 20;
const LIST_LIMIT = 1000;
const READS = 3;

export class CheckpointStore {
  readonly #objects: ObjectStore;
  readonly #prefix: string;
  readonly #attempt: number;
  /** Of this worker alone, should two have the same number of attempt. */
  readonly #writer: string = randomUUID().slice(0, 8);
  /** Keys by name and hash of what this worker has brought in. */
  #uploaded: Map<string, string> = new Map();
  #etag: string | null = null;

  /** @param prefix of all keys, without a slash at its end */
  constructor(objects: ObjectStore, prefix: string, attempt: number) {
    this.#objects = objects;
    this.#prefix = prefix;
    this.#attempt = attempt;
  }

  /**
   * Brings the files into a folder. False, with nothing in the folder, when there are none, or when they are damaged or
   * incomplete.
   */
  async download(folder: string, signal: AbortSignal): Promise<boolean> {
    const found = await this.#readManifest();
    this.#etag = found?.etag ?? null;
    if (!found?.manifest) return false;
    await mkdir(folder, { recursive: true });
    for (const file of found.manifest.files) {
      if (await this.#downloadWhole(file, join(folder, file.name), signal)) continue;
      await rm(folder, { recursive: true, force: true });
      return false;
    }
    return true;
  }

  /** Brings a state in, as a whole. False when a later attempt has brought in its own: this one has lost the job. */
  async upload({ files }: Snapshot, signal: AbortSignal): Promise<boolean> {
    const manifest: CheckpointManifest = { attempt: this.#attempt, files: [] };
    const uploaded = new Map<string, string>();
    for (const { name, path, size, sha256 } of files) {
      const id = `${name}/${sha256}`;
      const key = this.#uploaded.get(id) ?? `${this.#prefix}/${this.#attempt}-${this.#writer}-${sha256}`;
      if (!this.#uploaded.has(id)) {
        const body = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
        await this.#objects.put(key, body, { sha256, signal });
      }
      uploaded.set(id, key);
      manifest.files.push({ name, key, size, sha256 });
    }
    const written = await this.#writeManifest(manifest, signal);
    this.#uploaded = written ? uploaded : new Map();
    await this.#removeOthers(written ? new Set(uploaded.values()) : new Set(), written);
    return written;
  }

  async #writeManifest(manifest: CheckpointManifest, signal: AbortSignal): Promise<boolean> {
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    for (;;) {
      const result = await this.#objects.put(this.#manifestKey, bytes, { ifMatch: this.#etag, signal });
      if (result.written) {
        this.#etag = result.etag;
        return true;
      }
      const found = await this.#readManifest();
      // Gone although it was there: the job has ended.
      if (!found && this.#etag !== null) return false;
      if (found?.manifest && found.manifest.attempt > this.#attempt) return false;
      this.#etag = found?.etag ?? null;
    }
  }

  /** Deletes files of this attempt and of earlier ones that nothing refers to any more. */
  async #removeOthers(kept: ReadonlySet<string>, andEarlier: boolean): Promise<void> {
    for (const { key } of await this.#objects.list(`${this.#prefix}/`, { limit: LIST_LIMIT })) {
      const [attempt, writer] = key.slice(this.#prefix.length + 1).split('-');
      const own = writer === this.#writer;
      const earlier = andEarlier && Number(attempt) < this.#attempt;
      if (key !== this.#manifestKey && !kept.has(key) && (own || earlier)) await this.#objects.delete(key);
    }
  }

  async #readManifest(): Promise<{ etag: string; manifest: CheckpointManifest | undefined } | undefined> {
    const found = await this.#objects.get(this.#manifestKey);
    if (!found) return undefined;
    const { etag } = found;
    if (found.size > MOST_MANIFEST_BYTES) {
      await found.body.cancel();
      return { etag, manifest: undefined };
    }
    const bytes = new Uint8Array(await new Response(found.body).arrayBuffer());
    // A part of it must not be taken for none: the run would begin anew.
    if (bytes.length !== found.size) {
      throw new StorageError(
        'store',
        `${this.#objects.name} gave ${bytes.length} of the ${found.size} bytes of a checkpoint's manifest; try again`,
        { retryable: true },
      );
    }
    const text = new TextDecoder().decode(bytes);
    try {
      return { etag, manifest: checkpointManifestSchema.parse(JSON.parse(text)) };
    } catch {
      return { etag, manifest: undefined };
    }
  }

  /** What comes damaged is asked for again: without it, hours of training are lost. */
  async #downloadWhole(
    file: CheckpointManifest['files'][number],
    path: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let attempt = 0; attempt < READS; attempt++) {
      if (await this.#downloadFile(file, path, signal)) return true;
    }
    return false;
  }

  async #downloadFile(
    { key, size, sha256 }: CheckpointManifest['files'][number],
    path: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const found = key.startsWith(`${this.#prefix}/`) ? await this.#objects.get(key, { signal }) : undefined;
    if (!found) return false;
    if (found.size !== size) {
      await found.body.cancel();
      return false;
    }
    const hash = createHash('sha256');
    const hashing = new Transform({
      transform(chunk: Uint8Array, _, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(Readable.fromWeb(found.body as never), hashing, createWriteStream(path), { signal });
    } catch (error) {
      throw storageErrorOf(error, path);
    }
    return hash.digest('hex') === sha256;
  }

  get #manifestKey(): string {
    return `${this.#prefix}/manifest.json`;
  }
}

/** Deletes what a run could continue from: the manifest first, so that nobody begins with what is half gone. */
export async function removeCheckpoint(objects: ObjectStore, prefix: string): Promise<void> {
  await objects.delete(`${prefix}/manifest.json`);
  for (;;) {
    const found = await objects.list(`${prefix}/`, { limit: LIST_LIMIT });
    if (found.length === 0) return;
    for (const { key } of found) await objects.delete(key);
  }
}
