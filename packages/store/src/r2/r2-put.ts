import { sha256Hex } from '@cflow/detector';
import { sha256 as sha256Stream } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import type { PutOptions, PutResult } from '../object-store.js';
import { wrongContent } from '../wrong-content.js';
import type { R2Bucket, R2Condition, R2Object, R2UploadedPart } from './r2-bucket.js';

/** Bytes of a part: R2 takes no smaller ones than 5 MiB, and wants all but the last to be equal. */
const PART = 8 * 2 ** 20;
const ASIDE = 'uploads.aside/';

interface Target {
  prefix: string;
  key: string;
}

/** Writes an object whole or not at all. */
export async function putR2(
  bucket: R2Bucket,
  { prefix, key }: Target,
  content: Uint8Array | ReadableStream<Uint8Array>,
  { ifMatch, sha256, signal }: PutOptions,
): Promise<PutResult> {
  const parts = partsOf(content, signal);
  try {
    const first = await parts.next();
    const bytes = first.done ? new Uint8Array() : first.value;
    const second = await parts.next();
    if (second.done) {
      const found = sha256 === undefined ? undefined : await sha256Hex(bytes);
      if (found !== sha256) throw wrongContent(key, sha256 as string, found as string);
      return resultOf(await bucket.put(prefix + key, bytes, conditionOf(ifMatch)));
    }
    const all = chained([bytes, second.value], parts);
    if (ifMatch === undefined) {
      const object = await upload(bucket, prefix + key, all, key, sha256);
      return { written: true, etag: object.etag };
    }
    return await putAside(bucket, { prefix, key }, all, ifMatch, sha256);
  } finally {
    await parts.return();
  }
}

/** Uploads in parts know no conditions, but what lies in the bucket has a known length, and can be put under one. */
async function putAside(
  bucket: R2Bucket,
  { prefix, key }: Target,
  parts: AsyncIterable<Uint8Array>,
  ifMatch: string | null,
  sha256: string | undefined,
): Promise<PutResult> {
  const before = await bucket.head(prefix + key);
  // Known before anything is sent: most who lose have lost already.
  if ((before?.etag ?? null) !== ifMatch) return { written: false };
  const aside = `${prefix}${ASIDE}${crypto.randomUUID()}`;
  try {
    await upload(bucket, aside, parts, key, sha256);
    const laid = await bucket.get(aside);
    if (!laid) throw new Error('what was laid aside is gone');
    return resultOf(await bucket.put(prefix + key, laid.body, conditionOf(ifMatch)));
  } finally {
    await bucket.delete(aside).catch(() => undefined);
  }
}

async function upload(
  bucket: R2Bucket,
  place: string,
  parts: AsyncIterable<Uint8Array>,
  key: string,
  sha256: string | undefined,
): Promise<R2Object> {
  const upload = await bucket.createMultipartUpload(place);
  try {
    const hash = sha256Stream.create();
    const uploaded: R2UploadedPart[] = [];
    for await (const part of parts) {
      hash.update(part);
      uploaded.push(await upload.uploadPart(uploaded.length + 1, part));
    }
    const found = bytesToHex(hash.digest());
    if (sha256 !== undefined && found !== sha256) throw wrongContent(key, sha256, found);
    return await upload.complete(uploaded);
  } catch (error) {
    await upload.abort().catch(() => undefined);
    throw error;
  }
}

/** Pieces of `PART` bytes, the last one shorter. Bytes that are here already are one piece. */
async function* partsOf(
  content: Uint8Array | ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  const reader = content.getReader();
  let part = new Uint8Array(PART);
  let filled = 0;
  let whole = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      for (let at = 0; at < value.length; ) {
        const take = Math.min(value.length - at, PART - filled);
        part.set(value.subarray(at, at + take), filled);
        at += take;
        filled += take;
        if (filled < PART) continue;
        yield part;
        part = new Uint8Array(PART);
        filled = 0;
      }
    }
    whole = true;
    if (filled > 0) yield part.subarray(0, filled);
  } finally {
    if (!whole) await reader.cancel().catch(() => undefined);
  }
}

async function* chained(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}

function conditionOf(ifMatch: string | null | undefined): { onlyIf?: R2Condition } {
  if (ifMatch === undefined) return {};
  return { onlyIf: ifMatch === null ? { etagDoesNotMatch: '*' } : { etagMatches: ifMatch } };
}

function resultOf(object: R2Object | null): PutResult {
  return object ? { written: true, etag: object.etag } : { written: false };
}
