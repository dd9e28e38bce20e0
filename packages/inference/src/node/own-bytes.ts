import { nextTurn } from '@cflow/runtime';

/** Memory that is touched for the first time takes half a millisecond for each MiB. */
const PIECE = 2 ** 20;

/**
 * A copy of bytes. Large ones piece by piece, in as many turns of the event loop: bodies of 60 MB that end together would stop it
 * for a third of a second. Rejects when their buffer is emptied meanwhile.
 */
export async function ownBytes(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length <= PIECE) return new Uint8Array(bytes);
  const own = new Uint8Array(bytes.length);
  for (let from = 0; from < own.length; from += PIECE) {
    if (from > 0) await nextTurn();
    if (bytes.length < own.length)
      throw new Error('the bytes of an image were taken away while they were copied');
    own.set(bytes.subarray(from, from + PIECE), from);
  }
  return own;
}
