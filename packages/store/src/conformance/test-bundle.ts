import { type BundleSource, manifestBytes, parseManifest } from '@cflow/detector';
import { makeBundle, memoryBundle } from '@cflow/detector/testing';
import { BUNDLE_FILES } from '@cflow/spec';

let made: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

/** The files of a small bundle, made once: that takes a second or two. */
export function testBundle(): Promise<ReadonlyMap<string, Uint8Array>> {
  made ??= makeBundle();
  return made;
}

/** The same bundle as of another day: another version with the same files. */
export async function bundleOf(
  files: ReadonlyMap<string, Uint8Array>,
  createdAt: string,
): Promise<BundleSource> {
  const manifest = await parseManifest(files.get(BUNDLE_FILES.manifest) as Uint8Array, 'test');
  const changed = await manifestBytes({ ...manifest, createdAt });
  return memoryBundle(new Map([...files, [BUNDLE_FILES.manifest, changed]]));
}
