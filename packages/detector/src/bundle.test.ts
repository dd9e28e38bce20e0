import { BUNDLE_FILES, BundleError, CflowError, StorageError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { BundleSource } from './bundle.js';
import { parseManifest } from './manifest.js';
import { makeBundle, sealBundle } from './testing/make-bundle.js';
import { memoryBundle } from './testing/memory-bundle.js';
import { verifyBundle } from './verify-bundle.js';

const files = await makeBundle();
const manifestFile = files.get(BUNDLE_FILES.manifest) as Uint8Array;
const manifest = await parseManifest(manifestFile, 'test');

const flipped = (bytes: Uint8Array, at: number, mask: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ mask;
  return copy;
};

const verify = (changed: ReadonlyMap<string, Uint8Array>): Promise<unknown> =>
  verifyBundle(memoryBundle(changed)).catch((error: unknown) => error);

function expectRefusal(error: unknown, file: string): void {
  expect(error).toBeInstanceOf(BundleError);
  expect((error as Error).message).toContain(file);
}

describe('verifyBundle', () => {
  it('gives the files that scoring needs, and the manifest', async () => {
    const bundle = await verifyBundle(memoryBundle(files));
    expect(bundle.manifest).toEqual(manifest);
    expect([...bundle.files.keys()].sort()).toEqual([
      'backbone.onnx',
      'backbone.safetensors',
      'decoders.safetensors',
      'head.onnx',
      'probe.safetensors',
    ]);
  });

  it.each(Object.values(BUNDLE_FILES))('refuses one flipped bit in %s, naming it', async (file) => {
    const bytes = files.get(file) as Uint8Array;
    for (const at of [0, 7, bytes.length >> 1, bytes.length - 1]) {
      expectRefusal(await verify(new Map(files).set(file, flipped(bytes, at, 1 << (at % 8)))), file);
    }
  });

  it.each(Object.values(BUNDLE_FILES))(
    'refuses %s cut short, empty, or with something added',
    async (file) => {
      const bytes = files.get(file) as Uint8Array;
      for (const changed of [bytes.subarray(0, -1), bytes.subarray(0, 0), new Uint8Array([...bytes, 10])]) {
        expectRefusal(await verify(new Map(files).set(file, changed)), file);
      }
    },
  );

  it('refuses a bundle without a file that scoring needs, and does without the report', async () => {
    for (const file of Object.values(BUNDLE_FILES)) {
      const fewer = new Map(files);
      fewer.delete(file);
      const found = await verify(fewer);
      if (file === 'report.html') expect(found).toHaveProperty('manifest');
      else expectRefusal(found, file);
    }
  });

  it('refuses a manifest that does not list a file', async () => {
    const fewer = new Map(files);
    fewer.delete('head.onnx');
    await sealBundle(fewer, manifest);
    expectRefusal(await verify(fewer.set('head.onnx', files.get('head.onnx') as Uint8Array)), 'head.onnx');
  });

  it('refuses a backbone that is not the one that the manifest names', async () => {
    const other = new Map(files);
    await sealBundle(other, { ...manifest, backbone: { ...manifest.backbone, sha256: '0'.repeat(64) } });
    expect(String(await verify(other))).toMatch(/not the one its manifest names/);
  });

  it('does not take a file that may not be read for one that is missing', async () => {
    const source: BundleSource = {
      ...memoryBundle(files),
      async read(file) {
        if (file === 'report.html') throw new StorageError('permission', 'not permitted');
        return memoryBundle(files).read(file);
      },
    };
    const error = await verifyBundle(source).catch((found: unknown) => found);
    expect(CflowError.isInstance(error) && error.code).toBe('permission');
  });

  it('opens the new bundle when the old one is replaced meanwhile', async () => {
    const next = await makeBundle({ seed: 1, name: 'next' });
    for (const moment of [0, 1, 3]) {
      let reads = 0;
      const source: BundleSource = {
        name: 'test',
        read: (file) => memoryBundle(reads++ > moment ? next : files).read(file),
      };
      expect((await verifyBundle(source)).manifest.name).toBe('next');
    }
  });

  it('gives up on a bundle that changes at every look', async () => {
    const next = await makeBundle({ seed: 1 });
    let reads = 0;
    const source: BundleSource = {
      name: 'test',
      read: (file) => memoryBundle(reads++ % 2 ? next : files).read(file),
    };
    await expect(verifyBundle(source)).rejects.toThrow(BundleError);
    expect(reads).toBeLessThan(100);
  });
});
