import { parseManifest } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { BUNDLE_FILES, ConfigurationError, DEFAULT_ALIAS, detectorNameSchema } from '@cflow/spec';
import type { Registry } from '@cflow/store';

/** A bundle that is now a version. */
export interface PublishedBundle {
  name: string;
  version: string;
}

/**
 * Makes bundle folders versions of the detectors that they name, with the alias `latest`. What is there already stays
 * as it is, so that starting again changes nothing.
 */
export async function publishBundles(
  registry: Registry,
  folders: readonly string[],
): Promise<PublishedBundle[]> {
  return Promise.all(
    folders.map(async (folder) => {
      const bundle = folderBundle(folder);
      const manifest = await parseManifest(await bundle.read(BUNDLE_FILES.manifest), bundle.name);
      const name = registryName(manifest.name);
      const version = await registry.stage(name, bundle);
      await registry.publish(name, version, { alias: DEFAULT_ALIAS });
      return { name, version };
    }),
  );
}

/** A name for addresses from one for people: `Wood, left side` becomes `wood-left-side`. */
export function registryName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, 64)
    .replace(/^[^a-z0-9]+|(?<![^a-z0-9])[^a-z0-9]+$/g, '');
  if (detectorNameSchema.safeParse(plain).success) return plain;
  throw new ConfigurationError(
    `the detector's name "${name}" has no letter or digit of a-z and 0-9 to make an address of; train it under another one`,
  );
}
