import { verifyBundle } from '@cflow/detector';
import { memoryBundle } from '@cflow/detector/testing';
import { CflowError } from '@cflow/spec';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleOf, testBundle } from './conformance/test-bundle.js';
import { ObjectRegistry } from './object-registry.js';
import type { ObjectStore } from './object-store.js';
import { memoryObjectStore } from './testing/memory-object-store.js';
import { takeTurns } from './testing/take-turns.js';

let files: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  files = await testBundle();
});

const DAY = 86_400_000;
const at = (day: number): string => new Date(Date.UTC(2026, 0, day)).toISOString();

/** Whose turn it is; the second may be given a lead, since an even contest seldom lets it get far alone. */
const order: fc.Arbitrary<boolean[]> = fc
  .tuple(fc.nat(30), fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }))
  .map(([lead, turns]) => [...new Array<boolean>(lead).fill(false), ...turns]);

async function copyOf(store: ObjectStore): Promise<ObjectStore> {
  const copy = memoryObjectStore();
  for (const { key } of await store.list('', { limit: 10_000 })) {
    const body = (await store.get(key))?.body;
    if (body) await copy.put(key, body);
  }
  return copy;
}

/** Errors that a registry is allowed to answer with. */
const refusal = (error: unknown): string => {
  if (CflowError.isInstance(error) && (error.code === 'not-found' || error.code === 'conflict'))
    return error.code;
  throw error;
};

describe('a version deleted while an alias is moved to it', () => {
  it.each([
    ['from another version', true],
    ['for the first time', false],
  ])('leaves no alias that points to nothing: %s', async (_, before) => {
    const prepared = memoryObjectStore();
    const registry = new ObjectRegistry(prepared);
    const versions: string[] = [];
    for (const day of [1, 2]) {
      const version = await registry.stage('wood', await bundleOf(files, at(day)));
      await registry.publish('wood', version, { alias: null });
      versions.push(version);
    }
    const [one, two] = versions as [string, string];
    if (before) await registry.moveAlias('wood', 'latest', one);
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(order, async (turns) => {
        const store = await copyOf(prepared);
        const [moved, deleted] = await takeTurns(
          store,
          turns,
          (seen) => new ObjectRegistry(seen).moveAlias('wood', 'latest', two).then(() => 'moved', refusal),
          (seen) => new ObjectRegistry(seen).deleteVersion('wood', two).then(() => 'deleted', refusal),
        );
        outcomes.add(`${moved} ${deleted}`);
        const after = new ObjectRegistry(store);
        for (const version of Object.values(await after.aliases('wood')))
          await after.version('wood', version);
        const aliases = await after.aliases('wood');
        if (moved === 'moved') expect(aliases.latest).toBe(two);
        else expect(aliases.latest).toBe(before ? one : undefined);
        if (deleted === 'deleted') await expect(after.version('wood', two)).rejects.toThrow();
        else await after.version('wood', two);
      }),
      { numRuns: 300 },
    );
    // The orders that were tried are worth something only if each of the two was first at times.
    expect(outcomes).toContain('moved conflict');
    expect(outcomes).toContain('not-found deleted');
  });
});

describe('a sweep', () => {
  const withClock = (store: ObjectStore): ObjectRegistry =>
    new ObjectRegistry(store, { now: () => Date.now() + 2 * DAY });
  const stored = async (store: ObjectStore, prefix: string): Promise<number> =>
    (await store.list(prefix, { limit: 1000 })).length;

  it('deletes what no version needs any more, and keeps what two share', async () => {
    const store = memoryObjectStore();
    const registry = withClock(store);
    const first = await registry.stage('wood', await bundleOf(files, at(1)));
    await registry.publish('wood', first, { alias: 'latest' });
    const second = await registry.stage('steel', await bundleOf(files, at(2)));
    await registry.publish('steel', second, { alias: null });
    const all = await stored(store, 'files/');
    expect(all).toBe(files.size - 1);
    await registry.deleteVersion('steel', second);
    expect(await registry.sweep({ olderThanMs: DAY })).toBe(0);
    await verifyBundle(registry.bundle('wood', first));
    await registry.deleteAlias('wood', 'latest');
    await registry.deleteVersion('wood', first);
    expect(await registry.sweep({ olderThanMs: 10 * DAY })).toBe(0);
    expect(await registry.sweep({ olderThanMs: DAY })).toBe(all);
    expect(await stored(store, '')).toBe(0);
  });

  it('leaves what is being staged, and drops what was abandoned', async () => {
    const store = memoryObjectStore();
    const version = await new ObjectRegistry(store).stage('wood', await bundleOf(files, at(1)));
    expect(await new ObjectRegistry(store).sweep({ olderThanMs: DAY })).toBe(0);
    expect(await withClock(store).sweep({ olderThanMs: DAY })).toBe(files.size - 1);
    expect(await stored(store, '')).toBe(0);
    await expect(new ObjectRegistry(store).publish('wood', version, { alias: null })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('refuses to guess what a damaged manifest needs', async () => {
    const store = memoryObjectStore();
    const registry = withClock(store);
    const version = await registry.stage('wood', await bundleOf(files, at(1)));
    await registry.publish('wood', version, { alias: null });
    await store.put(`detectors/wood/versions/${version}.json`, new TextEncoder().encode('{'));
    await expect(registry.sweep({ olderThanMs: DAY })).rejects.toMatchObject({ code: 'bundle' });
    expect(await stored(store, 'files/')).toBe(files.size - 1);
    await expect(registry.version('wood', version)).rejects.toMatchObject({ code: 'bundle' });
  });

  it('in the middle of a stage never takes a file from a version that becomes visible', async () => {
    const prepared = memoryObjectStore();
    const registry = new ObjectRegistry(prepared);
    const gone = await registry.stage('old', await bundleOf(files, at(1)));
    await registry.publish('old', gone, { alias: null });
    // Now its files are nobody's, and the next stage would take them as there.
    await registry.deleteVersion('old', gone);
    const source = await bundleOf(files, at(2));
    const outcomes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(order, async (turns) => {
        const store = await copyOf(prepared);
        // The files are old, what is staged is young.
        const aged = (seen: ObjectStore): ObjectStore => ({
          ...seen,
          list: async (prefix, page) =>
            (await seen.list(prefix, page)).map((object) =>
              prefix.startsWith('files/') ? { ...object, modifiedAt: object.modifiedAt - 2 * DAY } : object,
            ),
        });
        const [, swept] = await takeTurns(
          store,
          turns,
          async (seen) => {
            const registry = new ObjectRegistry(seen);
            await registry.publish('wood', await registry.stage('wood', source), { alias: 'latest' });
          },
          (seen) => new ObjectRegistry(aged(seen)).sweep({ olderThanMs: DAY }),
        );
        const after = new ObjectRegistry(store);
        await verifyBundle(after.bundle('wood', await after.resolve('wood', 'latest')));
        outcomes.add(swept);
      }),
      { numRuns: 25 },
    );
    expect(outcomes).toContain(0);
    expect(outcomes).toContain(files.size - 1);
  });
});

describe('two bundles with the same backbone', () => {
  it('staged at the same time store it once', async () => {
    const store = memoryObjectStore();
    const written = new Map<string, number>();
    const counting: ObjectStore = {
      ...store,
      async put(key, content, options) {
        const result = await store.put(key, content, options);
        if (result.written) written.set(key, (written.get(key) ?? 0) + 1);
        return result;
      },
    };
    const registry = new ObjectRegistry(counting);
    const versions = await Promise.all(
      [1, 2].map(async (day) => registry.stage(`wood-${day}`, await bundleOf(files, at(day)))),
    );
    for (const [key, times] of written) if (key.startsWith('files/')) expect(times, key).toBe(1);
    expect([...written.keys()].filter((key) => key.startsWith('files/'))).toHaveLength(files.size - 1);
    await Promise.all(
      versions.map((version, i) => registry.publish(`wood-${i + 1}`, version, { alias: 'latest' })),
    );
    for (const [i, version] of versions.entries())
      await verifyBundle(registry.bundle(`wood-${i + 1}`, version));
  });
});

describe('a damaged store', () => {
  it('is found when a bundle is loaded', async () => {
    const store = memoryObjectStore();
    const registry = new ObjectRegistry(store);
    const version = await registry.stage('wood', memoryBundle(files));
    await registry.publish('wood', version, { alias: 'latest' });
    for (const { key, size } of await store.list('files/', { limit: 100 })) {
      await store.put(key, new Uint8Array(size + (size % 2)));
    }
    await expect(verifyBundle(registry.bundle('wood', version))).rejects.toThrow();
    await store.put('detectors/wood/aliases/latest', new TextEncoder().encode('nonsense'));
    await expect(registry.resolve('wood', 'latest')).rejects.toMatchObject({ code: 'store' });
  });
});
