import type { ObjectStore } from '../object-store.js';

/**
 * Runs two pieces of work on one store so that their operations on it take place one at a time, in the order given:
 * true lets the first go on, false the second. When the order is used up they alternate.
 */
export async function takeTurns<A, B>(
  store: ObjectStore,
  order: readonly boolean[],
  first: (store: ObjectStore) => Promise<A>,
  second: (store: ObjectStore) => Promise<B>,
): Promise<[A, B]> {
  const waiting: ((() => void) | undefined)[] = [undefined, undefined];
  const done = [false, false];
  let changed: () => void = () => undefined;

  const start = async <T>(actor: 0 | 1, work: (store: ObjectStore) => Promise<T>): Promise<T> => {
    const turn = <R>(operation: () => Promise<R>): Promise<R> =>
      new Promise<void>((resolve) => {
        waiting[actor] = resolve;
        changed();
      }).then(operation);
    try {
      return await work({
        name: store.name,
        head: (key, options) => turn(() => store.head(key, options)),
        get: (key, options) => turn(() => store.get(key, options)),
        put: (key, content, options) => turn(() => store.put(key, content, options)),
        delete: (key) => turn(() => store.delete(key)),
        list: (prefix, page) => turn(() => store.list(prefix, page)),
        listNames: (prefix, page) => turn(() => store.listNames(prefix, page)),
      });
    } finally {
      done[actor] = true;
      changed();
    }
  };

  const results = Promise.all([start(0, first), start(1, second)]);
  const ended = results.then(
    () => undefined,
    () => undefined,
  );
  for (let step = 0; !(done[0] && done[1]); step++) {
    while (![0, 1].every((actor) => done[actor] || waiting[actor])) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
    if (done[0] && done[1]) break;
    const wanted = (order[step] ?? step % 2 === 0) ? 0 : 1;
    const actor = waiting[wanted] ? wanted : 1 - wanted;
    const go = waiting[actor];
    waiting[actor] = undefined;
    go?.();
  }
  await ended;
  return results;
}
