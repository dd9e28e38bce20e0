import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { PutOptions, PutResult } from '../object-store.js';
import { wrongContent } from '../wrong-content.js';
import { checkedChunks } from './s3-body.js';
import type { LoadedSdk } from './s3-client.js';
import { attemptsOf, statusOf } from './s3-error.js';
import { writeAside } from './write-aside.js';

/** Content up to this size is sent in one request, which can be repeated. */
const PART = 8 * 2 ** 20;
/** Names the writer, so that it recognizes its own object when an answer was lost. */
const WRITER = 'cflow-write';

export interface S3Target {
  Bucket: string;
  Key: string;
}
type Condition = { IfMatch?: string; IfNoneMatch?: string };

/** Writes an object whole or not at all. `condition` undefined: whatever is there. */
export async function putS3(
  loaded: LoadedSdk,
  target: S3Target,
  content: Uint8Array | ReadableStream<Uint8Array>,
  condition: Condition | undefined,
  { sha256, signal }: PutOptions,
): Promise<PutResult> {
  signal?.throwIfAborted();
  if (content instanceof Uint8Array) {
    const found = sha256 === undefined ? undefined : createHash('sha256').update(content).digest('hex');
    if (found !== sha256) throw wrongContent(target.Key, sha256 as string, found as string);
    return send(loaded, { ...target, Body: content }, condition, signal);
  }
  if (condition) return spooled(loaded, target, content, condition, { sha256, signal });
  return streamed(loaded, target, content, { sha256, signal });
}

async function send(
  { sdk, client }: LoadedSdk,
  input: PutObjectCommandInput,
  condition: Condition | undefined,
  signal: AbortSignal | undefined,
): Promise<PutResult> {
  const writer = randomUUID();
  const command = new sdk.PutObjectCommand({ ...input, ...condition, Metadata: { [WRITER]: writer } });
  try {
    const { ETag } = await client.send(command, signal ? { abortSignal: signal } : {});
    return { written: true, etag: ETag ?? '' };
  } catch (error) {
    const status = statusOf(error);
    // 404: If-Match on an object that is not there.
    if (!condition || (status !== 412 && status !== 409 && !(status === 404 && isNoKey(error)))) throw error;
    if (attemptsOf(error) === 1) return { written: false };
    // The first attempt may have been carried out and its answer lost; the second then met its own object.
    const found = await client
      .send(new sdk.HeadObjectCommand({ Bucket: input.Bucket, Key: input.Key }))
      .catch((failure: unknown) => {
        if (statusOf(failure) === 404) return undefined;
        throw failure;
      });
    if (found?.Metadata?.[WRITER] !== writer) return { written: false };
    return { written: true, etag: found.ETag ?? '' };
  }
}

function isNoKey(error: unknown): boolean {
  return (error as { name?: string }).name !== 'NoSuchBucket';
}

/** By way of a file, since not every server takes a condition for what comes in parts. */
async function spooled(
  loaded: LoadedSdk,
  target: S3Target,
  content: ReadableStream<Uint8Array>,
  condition: Condition,
  { sha256, signal }: PutOptions,
): Promise<PutResult> {
  const folder = join(tmpdir(), `cflow-upload-${randomUUID()}`);
  try {
    const path = await writeAside(folder, content, { key: target.Key, sha256, signal });
    const { size } = await stat(path);
    const Body = createReadStream(path);
    try {
      return await send(loaded, { ...target, Body, ContentLength: size }, condition, signal);
    } finally {
      Body.destroy();
    }
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** In parts when it is large; parts without an end are discarded, and so is content with another hash. */
async function streamed(
  loaded: LoadedSdk,
  target: S3Target,
  content: ReadableStream<Uint8Array>,
  { sha256, signal }: PutOptions,
): Promise<PutResult> {
  const chunks = checkedChunks(content, target.Key, sha256);
  const head: Uint8Array[] = [];
  let size = 0;
  while (size <= PART) {
    signal?.throwIfAborted();
    const { done, value } = await chunks.next();
    if (done) return send(loaded, { ...target, Body: Buffer.concat(head) }, undefined, signal);
    head.push(value);
    size += value.length;
  }
  const { Upload } = await import('@aws-sdk/lib-storage');
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* head.splice(0);
    yield* chunks;
  }
  const Body = Readable.from(all(), { objectMode: false, highWaterMark: PART });
  const upload = new Upload({
    client: loaded.client,
    params: { ...target, Body },
    partSize: PART,
    queueSize: 2,
  });
  const stop = (): void => void upload.abort();
  signal?.addEventListener('abort', stop);
  try {
    const { ETag } = await upload.done();
    return { written: true, etag: ETag ?? '' };
  } finally {
    signal?.removeEventListener('abort', stop);
    Body.destroy();
  }
}
