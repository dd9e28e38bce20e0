import { manifestBytes, sha256Hex } from '@cflow/detector';
import { BUNDLE_FILES, type BundleManifest } from '@cflow/spec';

/** Adds the report, and the manifest that lists all files with size and hash. */
export async function completeBundle(
  files: Map<string, Uint8Array>,
  manifest: BundleManifest,
  report: string,
): Promise<void> {
  files.set(BUNDLE_FILES.report, new TextEncoder().encode(report));
  manifest.files = {};
  for (const [name, bytes] of files)
    manifest.files[name] = { sha256: await sha256Hex(bytes), bytes: bytes.length };
  files.set(BUNDLE_FILES.manifest, await manifestBytes(manifest));
}
