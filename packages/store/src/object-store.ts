/** What a store says of an object without reading it. */
export interface ObjectInfo {
  key: string;
  /** Bytes. */
  size: number;
  /** Changes whenever the content does; to be given back as `ifMatch`. Not necessarily a hash. */
  etag: string;
  /** When it was written, by the clock of the store: milliseconds since 1970. */
  modifiedAt: number;
}

export interface GetOptions {
  /** Bytes `start` to `end`, both included, as in an HTTP range. What lies past the end of the object is left out. */
  range?: { start: number; end: number } | undefined;
  signal?: AbortSignal | undefined;
}

export interface PutOptions {
  /** Write only if the object is still the one with this etag; `null`: only if there is none. */
  ifMatch?: string | null | undefined;
  /** SHA-256, in hexadecimal, that the content must have: content that has another never becomes visible. */
  sha256?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** The result of a conditional write that found another object than it expected. */
export type PutResult = { written: true; etag: string } | { written: false };

/**
 * Bytes under keys, on a folder or on S3-compatible storage: all that a registry needs of storage. A key is names of
 * `[A-Za-z0-9._-]` joined by `/`, none of them `.` or `..`; no key is another one plus `/…`. An object is there as a whole or not at all, also after a
 * crash; a reader sees the old one or the new one. Everything else is the caller's business.
 *
 * Methods reject with StorageError: `storage-full`, `permission`, or `store`, `retryable` when the store cannot be
 * reached.
 */
export interface ObjectStore {
  /** For messages; no credentials in it. */
  readonly name: string;
  /** Undefined when there is no such object. */
  head(key: string, options?: { signal?: AbortSignal | undefined }): Promise<ObjectInfo | undefined>;
  /** The content as a stream, undefined when there is no such object. The size is that of the whole object. */
  get(
    key: string,
    options?: GetOptions,
  ): Promise<(ObjectInfo & { body: ReadableStream<Uint8Array> }) | undefined>;
  put(
    key: string,
    content: Uint8Array | ReadableStream<Uint8Array>,
    options?: PutOptions,
  ): Promise<PutResult>;
  /** Nothing happens when there is no such object. */
  delete(key: string): Promise<void>;
  /** Keys that begin with a prefix, in the order of their code points, after `after`, at most `limit`. */
  list(prefix: string, page: { limit: number; after?: string | undefined }): Promise<ObjectInfo[]>;
  /**
   * The names that have keys below them, directly below a prefix that ends in "/": `detectors/` gives `steel`, `wood`.
   * In the order of those keys, which is that of the names with a "/" behind each; paged as `list`.
   */
  listNames(prefix: string, page: { limit: number; after?: string | undefined }): Promise<string[]>;
  /** The path of an object's file, where objects are files. The file must not be written to. */
  path?(key: string): Promise<string | undefined>;
}
