/** The part of a bucket binding of Cloudflare's runtime that is used, declared here so that Node code need not know its types. */
export interface R2Bucket {
  head(key: string): Promise<R2Object | null>;
  get(
    key: string,
    options?: { range?: { offset: number; length: number } },
  ): Promise<(R2Object & { body: ReadableStream<Uint8Array> }) | null>;
  /** Null when the condition does not hold. */
  put(
    key: string,
    value: Uint8Array | ReadableStream<Uint8Array>,
    options?: { onlyIf?: R2Condition },
  ): Promise<R2Object | null>;
  delete(key: string): Promise<void>;
  list(options: {
    prefix?: string;
    limit?: number;
    startAfter?: string;
    cursor?: string;
    delimiter?: string;
  }): Promise<R2Objects>;
  createMultipartUpload(key: string): Promise<R2MultipartUpload>;
}

/** `etagDoesNotMatch: '*'`: only if there is no such object. */
export type R2Condition = { etagMatches: string } | { etagDoesNotMatch: string };

export interface R2Object {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly uploaded: Date;
}

export interface R2Objects {
  readonly objects: readonly R2Object[];
  readonly delimitedPrefixes: readonly string[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

export interface R2MultipartUpload {
  uploadPart(partNumber: number, value: Uint8Array): Promise<R2UploadedPart>;
  complete(parts: readonly R2UploadedPart[]): Promise<R2Object>;
  abort(): Promise<void>;
}

export interface R2UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
}
