import { type BundleSource, parseManifest } from '@cflow/detector';
import { writeFolderBundle } from '@cflow/detector/node';
import { BUNDLE_FILES, CflowError } from '@cflow/spec';

/** Brings a version from the store into a folder, file by file. What has no report has none there. */
export async function copyBundle(source: BundleSource, folder: string, signal: AbortSignal): Promise<void> {
  const manifest = await source.read(BUNDLE_FILES.manifest);
  const files = new Map([[BUNDLE_FILES.manifest as string, manifest]]);
  for (const name of Object.keys((await parseManifest(manifest, source.name)).files)) {
    signal.throwIfAborted();
    const bytes = await source.read(name).catch((error: unknown) => {
      if (name === BUNDLE_FILES.report && CflowError.isInstance(error)) return undefined;
      throw error;
    });
    if (bytes) files.set(name, bytes);
  }
  await writeFolderBundle(folder, files);
}
