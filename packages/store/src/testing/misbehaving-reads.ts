import { StorageError } from '@cflow/spec';
import type { ObjectStore } from '../object-store.js';
import { streamOf } from '../read-all.js';

/**
 * How a read goes wrong: half the bytes, half of them as if that was all, all but others' content of the same length, or a
 * connection that breaks.
 */
export type ReadFault = 'half' | 'short' | 'other' | 'break';

export interface MisbehavingStore extends ObjectStore {
  /** The next reads of keys that match go wrong so, in this order; then all is well again. */
  spoil(key: RegExp, ...faults: ReadFault[]): void;
  /** Reads of keys that match, so far. */
  reads(key: RegExp): number;
}

/** A store whose reads can be made to go wrong, without a word about it in what it says of the object. */
export function misbehavingReads(store: ObjectStore): MisbehavingStore {
  const spoiled: { key: RegExp; faults: ReadFault[] }[] = [];
  const keys: string[] = [];
  return {
    ...store,
    spoil: (key, ...faults) => void spoiled.push({ key, faults }),
    reads: (key) => keys.filter((each) => key.test(each)).length,
    async get(key, options) {
      keys.push(key);
      const found = await store.get(key, options);
      const fault =
        found && spoiled.find((each) => each.key.test(key) && each.faults.length > 0)?.faults.shift();
      if (!found || !fault) return found;
      const bytes = new Uint8Array(await new Response(found.body).arrayBuffer());
      const half = bytes.slice(0, bytes.length / 2);
      if (fault === 'half') return { ...found, body: streamOf(half) };
      if (fault === 'short') return { ...found, size: half.length, body: streamOf(half) };
      if (fault === 'other') return { ...found, body: streamOf(bytes.map((byte) => byte ^ 1)) };
      let begun = false;
      const broken = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (begun) controller.error(new StorageError('store', 'the connection broke', { retryable: true }));
          else controller.enqueue(half);
          begun = true;
        },
      });
      return { ...found, body: broken };
    },
  };
}
