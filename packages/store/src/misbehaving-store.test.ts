// A store that gives half of what it has, something else, or breaks off: nothing of it is taken for the whole.

import { memoryBundle } from '@cflow/detector/testing';
import { BUNDLE_FILES } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { testBundle } from './conformance/test-bundle.js';
import { FeedbackLog } from './feedback-log.js';
import { ObjectRegistry } from './object-registry.js';
import { memoryObjectStore } from './testing/memory-object-store.js';
import { type MisbehavingStore, misbehavingReads, type ReadFault } from './testing/misbehaving-reads.js';

const FAULTS: readonly ReadFault[] = ['half', 'short', 'other', 'break'];
let files: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  files = await testBundle();
});

async function place(): Promise<{ store: MisbehavingStore; registry: ObjectRegistry; version: string }> {
  const memory = memoryObjectStore();
  const registry = new ObjectRegistry(memory);
  const version = await registry.stage('wood', memoryBundle(files as Map<string, Uint8Array>));
  await registry.publish('wood', version, { alias: 'latest' });
  const store = misbehavingReads(memory);
  return { store, registry: new ObjectRegistry(store), version };
}

describe.each(FAULTS)('a read that goes wrong (%s)', (fault) => {
  it('is done again, for manifests and for files', async () => {
    const { store, registry, version } = await place();
    store.spoil(/\/versions\//, fault, fault);
    expect(await registry.resolve('wood', version.slice(0, 8))).toBe(version);
    expect((await registry.version('wood', version)).version).toBe(version);
    store.spoil(/^files\//, fault);
    const bundle = registry.bundle('wood', version);
    for (const name of [BUNDLE_FILES.manifest, BUNDLE_FILES.headModel, BUNDLE_FILES.decoders]) {
      store.spoil(/./, fault);
      expect(await bundle.read(name)).toEqual(files.get(name));
    }
  });

  it('is done three times at most, and then said', async () => {
    const { store, registry, version } = await place();
    store.spoil(/\/versions\//, ...Array.from({ length: 99 }, () => fault));
    const error = await registry.version('wood', version).catch((reason: unknown) => reason);
    // What never came whole may come later; what came whole and is another is damaged.
    expect(error).toMatchObject(
      fault === 'other' || fault === 'short' ? { code: 'bundle' } : { code: 'store', retryable: true },
    );
    expect(store.reads(/\/versions\//)).toBe(3);
  });
});

it.each(FAULTS)('an alias and feedback that come %s are asked for again', async (fault) => {
  const { store, registry, version } = await place();
  store.spoil(/\/aliases\//, fault, fault);
  expect(await registry.aliases('wood')).toEqual({ latest: version });
  store.spoil(/\/aliases\//, ...Array.from({ length: 9 }, () => fault));
  await expect(registry.aliases('wood')).rejects.toMatchObject({ code: 'store', retryable: true });
  const log = new FeedbackLog(store);
  const said = {
    prediction: 'a.b',
    name: 'wood',
    version,
    score: 1,
    label: 'good' as const,
    predictedAt: '2026-01-01T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  await log.add(said);
  store.spoil(/feedback/, fault);
  expect((await log.list('wood', { limit: 9 })).feedback).toHaveLength(1);
});

it('an old alias moves nothing: the write names what it was to replace', async () => {
  const { store, registry, version } = await place();
  const key = (await store.list('detectors/wood/aliases/', { limit: 9 }))[0]?.key as string;
  const old = await store.get(key);
  const bytes = new Uint8Array(await new Response(old?.body).arrayBuffer());
  await registry.moveAlias('wood', 'latest', version, {});
  const written = await store.put(key, bytes, { ifMatch: old?.etag ?? null });
  expect(written.written).toBe(false);
});
