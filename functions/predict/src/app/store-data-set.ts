import type { DataSetUpload } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import { DATA_SETS } from './data-sets.js';
import { ProblemError } from './problem.js';
import { streamOf } from './stream-of.js';

/** Where archives are while they arrive. */
export const UPLOADS = 'uploads/';

const FRESH_MS = 3_600_000;

/** Of a ZIP archive with at least one file. */
const SIGNATURE = [0x50, 0x4b, 0x03, 0x04];

/**
 * Keeps an archive under a path made of its hash, so that the same one sent again is the same. The hash is known at the
 * end only, so it is written to a place of its own first.
 *
 * Throws ProblemError `data-set` when it is not a ZIP archive, and what reading the chunks throws.
 */
export async function storeDataSet(
  objects: ObjectStore,
  chunks: AsyncIterable<Uint8Array>,
  now: () => number,
): Promise<DataSetUpload> {
  const temporary = `${UPLOADS}${crypto.randomUUID()}.zip`;
  const hash = sha256.create();
  let bytes = 0;
  let failure: { error: unknown } | undefined;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of signed(chunks)) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  try {
    await objects.put(temporary, streamOf(hashed()));
    const digest = bytesToHex(hash.digest());
    const path = `${DATA_SETS}${digest}.zip`;
    const there = await objects.head(path);
    // One that has been there for long may be about to be removed; a new one is as old as its upload.
    const old = there !== undefined && now() - there.modifiedAt > FRESH_MS;
    if (!there || old) {
      const written = await objects.get(temporary);
      if (!written) {
        throw new ProblemError('unavailable', 'the upload is gone from the storage again; send it once more');
      }
      // Somebody who sent the same at the same time may have been first: then it is there, which is all that is wanted.
      await objects.put(path, written.body, { ...(!old && { ifMatch: null }), sha256: digest });
    }
    return { path, sha256: digest, bytes };
  } catch (error) {
    // What was wrong with the request, rather than what the store made of it.
    throw failure ? failure.error : error;
  } finally {
    await objects.delete(temporary).catch(() => {});
  }
}

// The first bytes are looked at before anything is written.
async function* signed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (!head) {
      yield chunk;
      continue;
    }
    const joined: Uint8Array = new Uint8Array(head.length + chunk.length);
    joined.set(head);
    joined.set(chunk, head.length);
    head = joined;
    if (head.length < SIGNATURE.length) continue;
    if (!SIGNATURE.every((byte, i) => joined[i] === byte)) throw notZip();
    yield head;
    head = undefined;
  }
  if (head) throw notZip();
}

function notZip(): ProblemError {
  return new ProblemError('data-set', 'expected a ZIP archive with images, got something else');
}
