import { verifyBundle } from '@cflow/detector';
import { memoryBundle } from '@cflow/detector/testing';
import { BUNDLE_FILES, type Feedback } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAll } from '../read-all.js';
import type { Registry } from '../registry.js';
import { bundleOf, testBundle } from './test-bundle.js';

export interface RegistrySuite {
  name: string;
  /** An empty registry, and what ends it. */
  create(): Promise<{ registry: Registry; close?(): Promise<void> }>;
  /** Why there is no such registry here; the tests are skipped with these words. */
  missing?: string | undefined;
}

const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`;

/** What every registry does. */
export function describeRegistry({ name, create, missing }: RegistrySuite): void {
  describe(`registry: ${name}`, () => {
    let registry: Registry;
    let close: (() => Promise<void>) | undefined;
    let files: ReadonlyMap<string, Uint8Array>;
    beforeAll(async () => {
      files = await testBundle();
      if (missing === undefined) ({ registry, close } = await create());
    });
    afterAll(async () => close?.());
    const test = (what: string, work: () => Promise<void>): void =>
      it(what, async ({ skip }) => {
        if (missing !== undefined) skip(missing);
        await work();
      });
    const bring = async (detector: string, number: number, alias: string | null = null): Promise<string> => {
      const version = await registry.stage(detector, await bundleOf(files, day(number)));
      await registry.publish(detector, version, { alias });
      return version;
    };

    test('is empty at first', async () => {
      expect(await registry.listDetectors({ limit: 10 })).toEqual({ detectors: [], next: null });
      for (const call of [
        () => registry.listVersions('wood', { limit: 1 }),
        () => registry.aliases('wood'),
        () => registry.resolve('wood', 'latest'),
        () => registry.resolve('wood', '01234567'),
        () => registry.version('wood', '0'.repeat(64)),
        () => registry.version('../wood', '0'.repeat(64)),
        () => registry.file('wood', '0'.repeat(64), 'manifest.json'),
        () => registry.publish('wood', '0'.repeat(64), { alias: null }),
        () => registry.moveAlias('wood', 'latest', '0'.repeat(64)),
        () => registry.deleteAlias('wood', 'latest'),
        () => registry.deleteVersion('wood', '0'.repeat(64)),
        () => registry.bundle('wood', '0'.repeat(64)).read('manifest.json'),
      ]) {
        await expect(call(), String(call)).rejects.toMatchObject({
          name: 'RegistryError',
          code: 'not-found',
        });
      }
    });

    test('shows a version when it is published, not before', async () => {
      const version = await registry.stage('shown', await bundleOf(files, day(1)));
      expect(version).toMatch(/^[0-9a-f]{64}$/);
      expect((await registry.listDetectors({ limit: 100 })).detectors.map((each) => each.name)).not.toContain(
        'shown',
      );
      await expect(registry.version('shown', version)).rejects.toMatchObject({ code: 'not-found' });
      for (let again = 0; again < 2; again++) {
        const summary = await registry.publish('shown', version, { alias: 'latest' });
        expect(summary).toMatchObject({ name: 'shown', version, createdAt: day(1), aliases: ['latest'] });
        const bytes = summary.bytes;
        expect(bytes).toBeGreaterThan((files.get(BUNDLE_FILES.decoders) as Uint8Array).length);
      }
      expect(await registry.aliases('shown')).toEqual({ latest: version });
      expect((await registry.version('shown', version)).manifest.createdAt).toBe(day(1));
      expect(await registry.stage('shown', await bundleOf(files, day(1)))).toBe(version);
    });

    test('gives a bundle that can be verified', async () => {
      const version = await bring('loaded', 1, 'latest');
      const source = registry.bundle('loaded', version);
      expect(source.name).toBe(`loaded@${version.slice(0, 12)}`);
      const verified = await verifyBundle(source);
      expect(verified.files.get(BUNDLE_FILES.decoders)).toEqual(files.get(BUNDLE_FILES.decoders));
      await expect(source.read('nothing.bin')).rejects.toMatchObject({ code: 'bundle' });
      const report = await registry.file('loaded', version, BUNDLE_FILES.report, {
        range: { start: 2, end: 8 },
      });
      expect(report.sha256).toBe(verified.manifest.files[BUNDLE_FILES.report]?.sha256);
      expect(report.size).toBe(files.get(BUNDLE_FILES.report)?.length);
      expect(new TextDecoder().decode(await readAll(report.body, 100, 'report'))).toBe('doctype');
      const manifest = await registry.file('loaded', version, BUNDLE_FILES.manifest);
      expect(manifest.sha256).toBe(version);
      expect((await readAll(manifest.body, 2 ** 22, 'manifest')).length).toBe(manifest.size);
      for (const file of ['nothing.bin', '../x', '__proto__', 'constructor']) {
        await expect(registry.file('loaded', version, file)).rejects.toMatchObject({ code: 'not-found' });
      }
    });

    test('refuses a damaged bundle', async () => {
      const damaged = new Map([...files, [BUNDLE_FILES.decoders as string, new Uint8Array(10)]]);
      await expect(registry.stage('damaged', memoryBundle(damaged))).rejects.toMatchObject({
        code: 'bundle',
      });
      expect((await registry.listDetectors({ limit: 100 })).detectors.map((each) => each.name)).not.toContain(
        'damaged',
      );
    });

    test('lists versions, the newest first, and detectors by name', async () => {
      const versions: string[] = [];
      for (const number of [2, 3, 1]) versions[number] = await bring('listed', number);
      const expected = [3, 2, 1].map((number) => versions[number]);
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await registry.listVersions('listed', { limit: 2, after });
        found.push(...page.versions.map(({ version }) => version));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(found).toEqual(expected);
      await bring('listed-2', 1);
      const names: string[] = [];
      do {
        const page = await registry.listDetectors({ limit: 1, after });
        names.push(...page.detectors.map((each) => each.name));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(names).toContain('listed');
      expect(names).toContain('listed-2');
      expect(new Set(names).size).toBe(names.length);
    });

    test('resolves aliases, versions and first digits', async () => {
      const version = await bring('resolved', 1, 'production');
      for (const reference of ['production', version, version.slice(0, 8), version.slice(0, 30)]) {
        expect(await registry.resolve('resolved', reference)).toBe(version);
      }
      const other = version.startsWith('00000000') ? '11111111' : '00000000';
      for (const reference of ['latest', other, version.slice(0, 7), '../production', '']) {
        await expect(registry.resolve('resolved', reference), reference).rejects.toMatchObject({
          code: 'not-found',
        });
      }
    });

    test('moves aliases, and only as expected', async () => {
      const [one, two] = [await bring('moved', 1, 'latest'), await bring('moved', 2)];
      await registry.moveAlias('moved', 'latest', two);
      expect(await registry.resolve('moved', 'latest')).toBe(two);
      await expect(registry.moveAlias('moved', 'latest', one, { expected: one })).rejects.toMatchObject({
        code: 'conflict',
      });
      await expect(registry.moveAlias('moved', 'latest', one, { expected: null })).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await registry.resolve('moved', 'latest')).toBe(two);
      await registry.moveAlias('moved', 'latest', one, { expected: two });
      await registry.moveAlias('moved', 'stable', two, { expected: null });
      expect(await registry.aliases('moved')).toEqual({ latest: one, stable: two });
      await expect(registry.moveAlias('moved', 'latest', '0'.repeat(64))).rejects.toMatchObject({
        code: 'not-found',
      });
      await registry.deleteAlias('moved', 'stable');
      expect(await registry.aliases('moved')).toEqual({ latest: one });
    });

    test('deletes a version that no alias holds', async () => {
      const [one, two] = [await bring('deleted', 1, 'latest'), await bring('deleted', 2)];
      await expect(registry.deleteVersion('deleted', one)).rejects.toMatchObject({ code: 'conflict' });
      await registry.deleteVersion('deleted', two);
      await expect(registry.version('deleted', two)).rejects.toMatchObject({ code: 'not-found' });
      expect((await registry.listVersions('deleted', { limit: 10 })).versions).toHaveLength(1);
      await registry.deleteAlias('deleted', 'latest');
      await registry.deleteVersion('deleted', one);
      await expect(registry.aliases('deleted')).rejects.toMatchObject({ code: 'not-found' });
    });

    test('keeps feedback', async () => {
      const [one, two] = [await bring('judged', 1), await bring('judged', 2)];
      const feedback = (prediction: string, version: string, label: 'good' | 'bad'): Feedback => ({
        prediction,
        name: 'judged',
        version,
        score: 1.5,
        label,
        predictedAt: day(3),
        createdAt: day(4),
      });
      await registry.addFeedback(feedback('a', one, 'good'));
      await registry.addFeedback(feedback('b/../c', one, 'bad'));
      await registry.addFeedback(feedback('c', two, 'bad'));
      await registry.addFeedback(feedback('a', one, 'bad'));
      await expect(registry.addFeedback(feedback('a', '0'.repeat(64), 'bad'))).rejects.toMatchObject({
        code: 'not-found',
      });
      const all: Feedback[] = [];
      let after: string | undefined;
      do {
        const page = await registry.listFeedback('judged', { limit: 2, after });
        all.push(...page.feedback);
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(all.map(({ prediction, label }) => `${prediction} ${label}`).sort()).toEqual([
        'a bad',
        'b/../c bad',
        'c bad',
      ]);
      const { feedback: ofTwo } = await registry.listFeedback('judged', { limit: 9, version: two });
      expect(ofTwo).toEqual([feedback('c', two, 'bad')]);
    });

    test('keeps images of what something was said of, for as long as the settings say', async () => {
      const version = await bring('seen', 1);
      const named = (prediction: string) => ({ name: 'seen', version, prediction });
      const room = { images: 3, bytes: 100 };
      const image = Uint8Array.of(1, 2, 3);
      await expect(registry.keepImage(named('a'), image, room)).rejects.toMatchObject({ code: 'not-found' });
      const ids = ['a', 'b', 'c', 'd', 'e'];
      for (const prediction of ids) {
        const said = { score: 1, label: 'good' as const, predictedAt: day(3), createdAt: day(4) };
        await registry.addFeedback({ ...named(prediction), ...said });
      }
      await registry.keepImage(named('b'), image, room);
      await registry.keepImage(named('d'), Uint8Array.of(4), room);
      await registry.keepImage(named('d'), Uint8Array.of(4, 5), room);
      await registry.keepImage(named('e'), image, room);
      await expect(registry.keepImage(named('a'), image, room)).rejects.toMatchObject({
        code: 'storage-full',
      });
      await expect(
        registry.keepImage(named('b'), new Uint8Array(99), { ...room, images: 9 }),
      ).rejects.toMatchObject({
        code: 'storage-full',
      });
      expect(await registry.keptImage(named('d'))).toEqual(Uint8Array.of(4, 5));
      expect(await registry.keptImage(named('a'))).toBeUndefined();
      const kept: Record<string, number | undefined> = {};
      let after: string | undefined;
      do {
        const page = await registry.listFeedback('seen', { limit: 2, after });
        for (const { prediction, image: found } of page.feedback) kept[prediction] = found?.bytes;
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(kept).toEqual({ a: undefined, b: 3, c: undefined, d: 2, e: 3 });
      await registry.deleteFeedback(named('e'));
      expect(await registry.keptImage(named('e'))).toBeUndefined();
      expect(await registry.feedbackOf(named('e'))).toBeUndefined();
      expect(await registry.feedbackOf(named('d'))).toMatchObject({ label: 'good' });
      await registry.saveSettings({ name: 'seen', keepImageDays: 30 });
      expect(await registry.sweepImages()).toBe(0);
      await registry.saveSettings({ name: 'seen' });
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await registry.sweepImages()).toBe(2);
      expect(await registry.keptImage(named('d'))).toBeUndefined();
    });

    test('keeps what is decided as revisions, and of many who decide at once each', async () => {
      const version = await bring('decided', 1, 'latest');
      expect(await registry.settings('decided')).toEqual({ name: 'decided', revision: 0 });
      const save = (minArea: number, expected?: number) =>
        registry.saveSettings({ name: 'decided', minArea, by: 'test' }, { expected });
      await Promise.all([1, 2, 3].map((area) => save(area)));
      expect(await registry.settings('decided')).toMatchObject({ revision: 3, by: 'test' });
      await expect(save(4, 2)).rejects.toMatchObject({ code: 'conflict' });
      const race = await Promise.allSettled([4, 5].map((area) => save(area, 3)));
      expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const last = { name: 'decided', threshold: 2.5, version };
      expect(await registry.saveSettings(last, { expected: 4 })).toMatchObject({ ...last, revision: 5 });
      const found: number[] = [];
      let after: string | undefined;
      do {
        const page = await registry.listSettings('decided', { limit: 2, after });
        found.push(...page.settings.map(({ revision }) => revision));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(found).toEqual([5, 4, 3, 2, 1]);
      for (const asked of [
        () => registry.settings('nobody'),
        () => registry.saveSettings({ name: 'nobody' }),
        () => registry.listSettings('nobody', { limit: 1 }),
      ])
        await expect(asked()).rejects.toMatchObject({ code: 'not-found' });
    });

    test('sweeps only what is old and not needed', async () => {
      const version = await bring('swept', 1, 'latest');
      expect(await registry.sweep({ olderThanMs: 3_600_000 })).toBe(0);
      await verifyBundle(registry.bundle('swept', version));
    });
  });
}
