/** How `mapInOrder` works ahead. */
export interface MapInOrderOptions {
  /** Calls of `work` that may be under way or waiting to be taken at once; it bounds the memory. */
  concurrency: number;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `work` on every item, at most `concurrency` at once, and gives the results in the order of the items. Works ahead of
 * the consumer of the results, never further than `concurrency`. The first error, in the order of the items, ends it; so do
 * the signal (with its reason) and leaving the loop. Work under way is waited for.
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, index: number) => Promise<Result>,
  { concurrency, signal }: MapInOrderOptions,
): AsyncGenerator<Result, void, undefined> {
  const ahead = Math.max(1, Math.trunc(concurrency) || 1);
  const pending: Promise<Result>[] = [];
  const iterator = items[Symbol.iterator]();
  let index = 0;
  const start = (): boolean => {
    const next = iterator.next();
    if (next.done === true) return false;
    const result = work(next.value, index++);
    // Its error is met when its turn comes; until then it must not count as unhandled.
    result.catch(() => {});
    pending.push(result);
    return true;
  };
  try {
    for (;;) {
      signal?.throwIfAborted();
      while (pending.length < ahead && start());
      const first = pending.shift();
      if (first === undefined) return;
      const result = await first;
      signal?.throwIfAborted();
      yield result;
    }
  } finally {
    await Promise.allSettled(pending);
    iterator.return?.();
  }
}
