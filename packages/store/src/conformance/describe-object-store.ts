import { createHash } from 'node:crypto';
import { CflowError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../object-store.js';
import { readAll, streamOf } from '../read-all.js';

export interface ObjectStoreSuite {
  name: string;
  /** An empty store, and what ends it. */
  create(): Promise<{ store: ObjectStore; close?(): Promise<void> }>;
  /** Why there is no such store here; the tests are skipped with these words. */
  missing?: string | undefined;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What every object store does. */
export function describeObjectStore({ name, create, missing }: ObjectStoreSuite): void {
  describe(`object store: ${name}`, () => {
    let store: ObjectStore;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      if (missing === undefined) ({ store, close } = await create());
    });
    afterAll(async () => close?.());
    const test = (what: string, work: () => Promise<void>): void =>
      it(what, async ({ skip }) => {
        if (missing !== undefined) skip(missing);
        await work();
      });
    const read = async (key: string, range?: { start: number; end: number }): Promise<string | undefined> => {
      const found = await store.get(key, { range });
      return found && new TextDecoder().decode(await readAll(found.body, 2 ** 30, key));
    };

    test('has nothing that was not put', async () => {
      expect(await store.head('a/missing')).toBeUndefined();
      expect(await store.get('a/missing')).toBeUndefined();
      expect(await store.list('a/', { limit: 10 })).toEqual([]);
      expect(await store.listNames('a/', { limit: 10 })).toEqual([]);
      await store.delete('a/missing');
    });

    test('gives back what was put', async () => {
      const before = Date.now();
      const result = await store.put('round/trip', bytesOf('content'));
      expect(result).toMatchObject({ written: true });
      const info = await store.head('round/trip');
      expect(info).toMatchObject({ key: 'round/trip', size: 7, etag: (result as { etag: string }).etag });
      // Whole seconds in some stores.
      expect(info?.modifiedAt).toBeGreaterThan(before - 5000);
      expect(info?.modifiedAt).toBeLessThan(before + 60_000);
      expect(await read('round/trip')).toBe('content');
      await store.put('round/trip', bytesOf('other'));
      expect(await read('round/trip')).toBe('other');
      expect((await store.head('round/trip'))?.etag).not.toBe(info?.etag);
      await store.delete('round/trip');
      expect(await store.head('round/trip')).toBeUndefined();
    });

    test('keeps empty objects', async () => {
      await store.put('empty/bytes', new Uint8Array());
      await store.put('empty/stream', streamOf(new Uint8Array()));
      for (const key of ['empty/bytes', 'empty/stream']) {
        expect(await store.head(key)).toMatchObject({ size: 0 });
        expect(await read(key)).toBe('');
        expect(await read(key, { start: 0, end: 9 })).toBe('');
      }
    });

    test('gives parts', async () => {
      await store.put('part', bytesOf('0123456789'));
      expect(await read('part', { start: 0, end: 0 })).toBe('0');
      expect(await read('part', { start: 3, end: 5 })).toBe('345');
      expect(await read('part', { start: 7, end: 1000 })).toBe('789');
      expect(await read('part', { start: 10, end: 12 })).toBe('');
      const part = await store.get('part', { range: { start: 3, end: 5 } });
      expect(part).toMatchObject({ key: 'part', size: 10 });
      // A reader that does not want the rest cancels.
      await part?.body.cancel();
    });

    test('takes streams larger than one request, and checks their hash', async () => {
      const chunk = new Uint8Array(2 ** 20).map((_, i) => (i * 31) >> 3);
      const parts = 20;
      const hash = createHash('sha256');
      for (let i = 0; i < parts; i++) hash.update(chunk);
      const sha256 = hash.digest('hex');
      const content = (): ReadableStream<Uint8Array> => {
        let sent = 0;
        return new ReadableStream(
          {
            pull(controller) {
              if (sent++ < parts) controller.enqueue(chunk.slice());
              else controller.close();
            },
          },
          { highWaterMark: 0 },
        );
      };
      expect(await store.put('large', content(), { sha256 })).toMatchObject({ written: true });
      const found = await store.get('large');
      expect(found?.size).toBe(parts * chunk.length);
      const back = createHash('sha256');
      const reader = found?.body.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
        back.update(part.value);
      expect(back.digest('hex')).toBe(sha256);
      const wrong = await store
        .put('large-wrong', content(), { sha256: '0'.repeat(64) })
        .catch((error: unknown) => error);
      expect(wrong).toMatchObject({ code: 'store', retryable: false });
      expect(await store.head('large-wrong')).toBeUndefined();
      expect(await store.put('large', content(), { ifMatch: null })).toEqual({ written: false });
    });

    test('keeps nothing of content with another hash', async () => {
      const content = bytesOf('right');
      expect(await store.put('hash', content, { sha256: hashOf(content) })).toMatchObject({ written: true });
      for (const wrong of [bytesOf('wrong'), streamOf(bytesOf('wrong'))]) {
        const error = await store.put('hash', wrong, { sha256: hashOf(content) }).catch((found) => found);
        expect(error).toMatchObject({ name: 'StorageError', code: 'store' });
      }
      expect(await read('hash')).toBe('right');
    });

    test('keeps nothing of a stream that breaks off', async () => {
      let sent = 0;
      const content = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent++ < 12) controller.enqueue(new Uint8Array(2 ** 20));
          else controller.error(new Error('the source broke off'));
        },
      });
      await expect(store.put('broken', content)).rejects.toThrow();
      expect(await store.head('broken')).toBeUndefined();
    });

    test('writes under a condition', async () => {
      const first = await store.put('condition', bytesOf('1'), { ifMatch: null });
      expect(first).toMatchObject({ written: true });
      expect(await store.put('condition', bytesOf('2'), { ifMatch: null })).toEqual({ written: false });
      expect(await read('condition')).toBe('1');
      const { etag } = first as { etag: string };
      const second = await store.put('condition', bytesOf('3'), { ifMatch: etag });
      expect(second).toMatchObject({ written: true });
      expect(await store.put('condition', bytesOf('4'), { ifMatch: etag })).toEqual({ written: false });
      expect(await store.put('no-condition', bytesOf('5'), { ifMatch: etag })).toEqual({ written: false });
      expect(await read('condition')).toBe('3');
      expect(await store.head('no-condition')).toBeUndefined();
    });

    test('lets one of many win', async () => {
      const contend = async (ifMatch: string | null): Promise<string> => {
        const results = await Promise.all(
          Array.from({ length: 6 }, (_, i) => store.put('race', bytesOf(`${ifMatch} ${i}`), { ifMatch })),
        );
        const won = results.flatMap((result, i) => (result.written ? [{ etag: result.etag, i }] : []));
        expect(won).toHaveLength(1);
        expect(await read('race')).toBe(`${ifMatch} ${won[0]?.i}`);
        return won[0]?.etag as string;
      };
      let etag = await contend(null);
      for (let round = 0; round < 3; round++) etag = await contend(etag);
    });

    test('lists in order, page by page', async () => {
      const keys = ['list/a-b', 'list/a/x', 'list/a/y/z', 'list/a0', 'list/b', 'lisu'];
      for (const key of [...keys].reverse()) await store.put(key, bytesOf(key));
      const all = async (prefix: string, limit: number): Promise<string[]> => {
        const found: string[] = [];
        for (let after: string | undefined; ; after = found.at(-1)) {
          const page = await store.list(prefix, { limit, after });
          expect(page.length).toBeLessThanOrEqual(limit);
          for (const { key, size } of page) {
            expect(size).toBe(key.length);
            found.push(key);
          }
          if (page.length < limit) return found;
        }
      };
      for (const limit of [1, 2, 100]) {
        expect(await all('list/', limit)).toEqual(keys.slice(0, 5));
        expect(await all('list/a', limit)).toEqual(keys.slice(0, 4));
        expect(await all('list/a/', limit)).toEqual(keys.slice(1, 3));
        expect(await all('lis', limit)).toEqual(keys);
      }
      expect(await store.list('list/', { limit: 9, after: 'list/a/w' })).toMatchObject(
        keys.slice(1, 5).map((key) => ({ key })),
      );
    });

    test('lists names, page by page', async () => {
      const keys = [
        'names/b/1',
        'names/a-b/1',
        'names/a/1',
        'names/a/2',
        'names/a/c/3',
        'names/file',
        'names/a0/1',
      ];
      for (const key of keys) await store.put(key, bytesOf(key));
      const names = ['a-b', 'a', 'a0', 'b'];
      expect(await store.listNames('names/', { limit: 100 })).toEqual(names);
      for (const [i, after] of names.entries()) {
        expect(await store.listNames('names/', { limit: 2, after })).toEqual(names.slice(i + 1, i + 3));
      }
      await store.delete('names/b/1');
      expect(await store.listNames('names/', { limit: 100 })).toEqual(names.slice(0, 3));
      expect(await store.listNames('names/a/', { limit: 100 })).toEqual(['c']);
    });

    test('refuses keys that mean another place', async () => {
      for (const key of [
        '',
        '/a',
        'a/',
        'a//b',
        '../a',
        'a/../b',
        '.',
        'a/.',
        'a\\b',
        'a b',
        'ä',
        'a\0',
        'x'.repeat(900),
      ]) {
        for (const call of [
          () => store.head(key),
          () => store.get(key),
          () => store.put(key, new Uint8Array()),
          () => store.delete(key),
        ]) {
          const error = await call().catch((found: unknown) => found);
          expect(CflowError.isInstance(error) && error.code, key).toBe('configuration');
        }
      }
      await expect(store.list('../', { limit: 1 })).rejects.toThrow(/is not a key/);
      await expect(store.listNames('a', { limit: 1 })).rejects.toThrow(/must end in/);
    });

    test('stops when told', async () => {
      const reason = new Error('not wanted any more');
      const signal = AbortSignal.abort(reason);
      await expect(store.put('aborted', bytesOf('x'), { signal })).rejects.toBe(reason);
      expect(await store.head('aborted')).toBeUndefined();
      await store.put('to-read', bytesOf('x'));
      await expect(store.get('to-read', { signal })).rejects.toBe(reason);
    });
  });
}
