import { fileURLToPath } from 'node:url';
import { makeBundle } from '@cflow/detector/testing';
import { type BundleManifest, bundleManifestSchema } from '@cflow/spec';
import { build } from 'esbuild';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Schema } from './small-zod.js';

/** The schema's own source, over the small zod. */
async function smallSchema(): Promise<Schema> {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [here('../../../../packages/spec/src/bundle.ts')],
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [
      {
        name: 'small-zod',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^zod$|\/closed-object\.js$/ }, () => ({ path: here('./small-zod.ts') })),
      },
    ],
  });
  const url = `data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`;
  return ((await import(url)) as { bundleManifestSchema: Schema }).bundleManifestSchema;
}

describe('the small zod on the schema of manifests', () => {
  let small: Schema;
  let manifest: BundleManifest;
  beforeAll(async () => {
    small = await smallSchema();
    const files = await makeBundle();
    const { manifestSha256, ...rest } = JSON.parse(new TextDecoder().decode(files.get('manifest.json')));
    manifest = rest;
  });

  function expectSameAsZod(value: unknown): void {
    const expected = bundleManifestSchema.safeParse(value);
    const found = small.safeParse(value);
    expect(found.success).toBe(expected.success);
    if (found.success) expect(found.data).toEqual(expected.data);
  }

  it('accepts what zod accepts, and fills in the same defaults', () => {
    expect(small.safeParse(manifest)).toEqual({ success: true, data: manifest });
    const { seed, clampAlpha, ...configuration } = manifest.configuration;
    expectSameAsZod({ ...manifest, configuration });
    expectSameAsZod({ ...manifest, createdAt: '2026-02-30T00:00:00Z' });
    expectSameAsZod({ ...manifest, createdAt: '2026-02-28T24:00:00Z' });
  });

  it('counts elements and fields before it looks at them', () => {
    const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field${i}`, 0]));
    const { versions } = manifest.provenance;
    for (const value of [
      fields,
      { ...manifest, ...fields },
      { ...manifest, files: fields },
      { ...manifest, layers: Array(1000).fill(0) },
      { ...manifest, provenance: { ...manifest.provenance, versions: { ...versions, ...fields } } },
    ]) {
      expectSameAsZod(value);
      const found = small.safeParse(value);
      expect(
        found.success || found.error.issues.filter(({ message }) => message.includes('at most')).length,
      ).toBe(1);
    }
  });

  it('refuses what zod refuses, wherever it is', () => {
    const strange = fc.oneof(
      fc.constantFrom(undefined, null, '', 0, -1, 1, 0.5, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY),
      fc.constantFrom([], {}, [0], [1, 2], [2, 1], true, 'a', '0'.repeat(64), '../x', '2026-01-01T00:00:00Z'),
    );
    fc.assert(
      fc.property(fc.nat(), strange, fc.boolean(), (place, value, added) => {
        const changed = structuredClone(manifest);
        const places = objectsOf(changed);
        const object = places[place % places.length] as Record<string, unknown>;
        const keys = Object.keys(object);
        const key = added && !Array.isArray(object) ? 'strange' : (keys[place % keys.length] ?? 'x');
        if (value === undefined && !Array.isArray(object)) delete object[key];
        else object[key] = value;
        expectSameAsZod(changed);
      }),
      { numRuns: 500 },
    );
  });
});

function objectsOf(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsOf)];
}
