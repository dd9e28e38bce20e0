import { StorageError } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';

const KEY = 'service/secret';
const BYTES = 32;

/**
 * The secret that prediction ids are signed with: every replica on the same store has the same one. The first that
 * asks makes it; of two at the same moment one wins, and both take what it wrote.
 */
export async function sharedSecret(store: ObjectStore): Promise<Uint8Array> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const found = await store.get(KEY);
    if (found) {
      const bytes = new Uint8Array(await new Response(found.body).arrayBuffer());
      if (bytes.length === BYTES) return bytes;
      // With a part of it, ids would be signed that nobody else believes.
      throw new StorageError(
        'store',
        `${store.name} gave ${bytes.length} of the ${BYTES} bytes of "${KEY}"; try again`,
        { retryable: true },
      );
    }
    const secret = crypto.getRandomValues(new Uint8Array(BYTES));
    if ((await store.put(KEY, secret, { ifMatch: null })).written) return secret;
  }
  throw new Error('the secret of the service was written and is not there');
}
