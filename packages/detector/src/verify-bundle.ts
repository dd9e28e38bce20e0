import { type BundleSource, type VerifiedBundle, type VerifyFilesOptions, verifyFiles } from './bundle.js';
import { type InspectBundleOptions, inspectBundle } from './inspect-bundle.js';
import { readProbe } from './read-probe.js';

export interface VerifyOptions extends VerifyFilesOptions, InspectBundleOptions {}

/**
 * Reads the manifest, checks size and SHA-256 of every file that it lists, inspects the graphs, and checks the golden probe:
 * a verified bundle is safe to run.
 * @throws BundleError that names the file, and where a graph is refused the node and the reason
 */
export async function verifyBundle(
  source: BundleSource,
  options: VerifyOptions = {},
): Promise<VerifiedBundle> {
  const { weights, ...bundle } = await verifyFiles(source, options);
  await inspectBundle({ ...bundle, weights }, source.name, options);
  readProbe(bundle);
  return bundle;
}
