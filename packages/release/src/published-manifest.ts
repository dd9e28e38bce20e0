import { ENGINE_PLATFORMS } from '@cflow/runtime/node';
import { type PackageNames, publishedName, SOURCE_NAMES } from './names.js';
import type { Manifest, Workspace } from './workspaces.js';

/** What only this repository reads. */
const OWN_FIELDS = ['private', 'scripts', 'devDependencies', 'tsup'];
/** What ONNX Runtime for Node is called in the sources, and comes as one package per platform when it is published. */
export const ENGINE = 'onnxruntime-node';
/** The entry that holds what this repository's tests share; suites for implementers are `./conformance`. */
const TESTING = './testing';

export interface ReleaseSettings {
  names: PackageNames;
  /** Of the repository, as `https://HOST/OWNER/NAME`; undefined for packages that will not be published. */
  repository?: string | undefined;
  /** For which ONNX Runtime is packed, such as `linux-x64`; all that it has binaries for by default. */
  platforms?: readonly string[] | undefined;
}

/**
 * The package.json that is published. Packages of one release are tested together and need each other's insides, so they ask
 * for each other's exact version; the engine becomes the platforms' packages, of which an installer takes the one that fits.
 */
export function publishedManifest(
  { folder, manifest }: Workspace,
  versions: ReadonlyMap<string, string>,
  { names, repository, platforms }: ReleaseSettings,
): Manifest {
  const kept = Object.entries(manifest).filter(([field]) => !OWN_FIELDS.includes(field));
  const published = Object.fromEntries(kept) as unknown as Manifest;
  const { [ENGINE]: engine, ...dependencies } = manifest.dependencies ?? {};
  published.name = publishedName(manifest.name, names);
  if (manifest.dependencies) published.dependencies = exact(dependencies, versions, names);
  if (engine !== undefined) published.optionalDependencies = enginesOf(engine, names, platforms);
  if (manifest.exports) published.exports = withoutTesting(manifest.exports);
  published.files = [...(manifest.files ?? []), 'NOTICE'];
  published.author = 'The CFLOW authors';
  if (repository !== undefined) {
    published.homepage = `${repository}#readme`;
    published.bugs = { url: `${repository}/issues` };
    published.repository = { type: 'git', url: `git+${repository}.git`, directory: folder };
  }
  published.publishConfig = { access: 'public', provenance: true };
  return published;
}

function exact(
  dependencies: Readonly<Record<string, string>>,
  versions: ReadonlyMap<string, string>,
  names: PackageNames,
): Record<string, string> {
  const entries = Object.entries(dependencies).map(([name, range]) => [
    publishedName(name, names),
    versions.get(name) ?? range,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** @param version Of ONNX Runtime; the platforms' packages have the same */
function enginesOf(
  version: string,
  names: PackageNames,
  platforms: readonly string[] = ENGINE_PLATFORMS,
): Record<string, string> {
  return Object.fromEntries(platforms.map((platform) => [engineName(platform, names), version]));
}

export function engineName(platform: string, names: PackageNames): string {
  return publishedName(`${SOURCE_NAMES.scope}/onnxruntime-${platform}`, names);
}

function withoutTesting(exports: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(exports).filter(([entry]) => entry !== TESTING));
}
