import { verifyBundle } from '@cflow/detector';
import { BUNDLE_FILES } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAll } from '../read-all.js';
import type { Registry, RegistryReader } from '../registry.js';
import { bundleOf, testBundle } from './test-bundle.js';

export interface RegistryReaderSuite {
  name: string;
  /** An empty registry, a reader that shows it (it may be the same), and what ends them. */
  create(): Promise<{ registry: Registry; reader: RegistryReader; close?(): Promise<void> }>;
  /** Why there is no such reader here; the tests are skipped with these words. */
  missing?: string | undefined;
}

/** What every reader does: it says of detectors what the registry knows. */
export function describeRegistryReader({ name, create, missing }: RegistryReaderSuite): void {
  describe(`registry reader: ${name}`, () => {
    let registry: Registry;
    let reader: RegistryReader;
    let close: (() => Promise<void>) | undefined;
    let files: ReadonlyMap<string, Uint8Array>;
    const versions: string[] = [];
    beforeAll(async () => {
      files = await testBundle();
      if (missing !== undefined) return;
      ({ registry, reader, close } = await create());
      for (const number of [1, 2, 3]) {
        const source = await bundleOf(files, `2026-02-0${number}T00:00:00.000Z`);
        const version = await registry.stage('wood', source);
        await registry.publish('wood', version, { alias: number === 3 ? 'latest' : null });
        versions.push(version);
      }
      await registry.moveAlias('wood', 'production', versions[0] as string);
      const steel = await registry.stage('steel', await bundleOf(files, '2026-02-04T00:00:00.000Z'));
      await registry.publish('steel', steel, { alias: 'latest' });
    });
    afterAll(async () => close?.());
    const test = (what: string, work: () => Promise<void>): void =>
      it(what, async ({ skip }) => {
        if (missing !== undefined) skip(missing);
        await work();
      });

    test('lists detectors', async () => {
      expect(await reader.listDetectors({ limit: 10 })).toEqual(await registry.listDetectors({ limit: 10 }));
      const first = await reader.listDetectors({ limit: 1 });
      expect(first.detectors.map((each) => each.name)).toEqual(['steel']);
      const second = await reader.listDetectors({ limit: 1, after: first.next ?? undefined });
      expect(second.detectors).toEqual([
        { name: 'wood', aliases: { latest: versions[2], production: versions[0] } },
      ]);
      expect(await reader.aliases('wood')).toEqual({ latest: versions[2], production: versions[0] });
    });

    test('lists versions, the newest first', async () => {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await reader.listVersions('wood', { limit: 2, after });
        found.push(...page.versions.map(({ version }) => version));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(found).toEqual([...versions].reverse());
    });

    test('resolves references', async () => {
      const [first] = versions as [string];
      for (const reference of ['production', first, first.slice(0, 12)]) {
        expect(await reader.resolve('wood', reference)).toBe(first);
      }
      expect(await reader.version('wood', first)).toEqual(await registry.version('wood', first));
    });

    test('says what is not there', async () => {
      const [first] = versions as [string];
      for (const call of [
        () => reader.listVersions('glass', { limit: 1 }),
        () => reader.aliases('glass'),
        () => reader.resolve('glass', 'latest'),
        () => reader.resolve('wood', 'staging'),
        () => reader.version('wood', '0'.repeat(64)),
        () => reader.file('wood', first, 'nothing.bin'),
        () => reader.file('wood', '0'.repeat(64), BUNDLE_FILES.manifest),
      ]) {
        await expect(call(), String(call)).rejects.toMatchObject({
          name: 'RegistryError',
          code: 'not-found',
        });
      }
    });

    test('gives files and parts of them', async () => {
      const [first] = versions as [string];
      const expected = files.get(BUNDLE_FILES.decoders) as Uint8Array;
      const whole = await reader.file('wood', first, BUNDLE_FILES.decoders);
      expect(whole.size).toBe(expected.length);
      expect(await readAll(whole.body, whole.size, 'file')).toEqual(expected);
      const part = await reader.file('wood', first, BUNDLE_FILES.decoders, { range: { start: 5, end: 99 } });
      expect(part).toMatchObject({ size: expected.length, sha256: whole.sha256 });
      expect(await readAll(part.body, 1000, 'part')).toEqual(expected.slice(5, 100));
      const manifest = await reader.file('wood', first, BUNDLE_FILES.manifest);
      expect(manifest.sha256).toBe(first);
      await manifest.body.cancel();
    });

    test('gives a bundle that can be verified', async () => {
      const source = reader.bundle('wood', versions[1] as string);
      const verified = await verifyBundle(source);
      expect(verified.manifest.createdAt).toBe('2026-02-02T00:00:00.000Z');
      expect(verified.files.get(BUNDLE_FILES.backboneWeights)).toEqual(
        files.get(BUNDLE_FILES.backboneWeights),
      );
      await expect(source.read('nothing.bin')).rejects.toMatchObject({ code: 'bundle' });
    });
  });
}
