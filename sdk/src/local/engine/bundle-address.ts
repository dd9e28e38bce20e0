import { ArgumentError } from '../../errors.js';

/** Where the files of a bundle are. */
export interface BundleAddress {
  /** For messages: without query and credentials. */
  name: string;
  manifest: URL;
  /** @param version SHA-256 of the manifest: a service is asked for exactly that one */
  file(name: string, version: string): URL;
  /** The version, where the address says it, so that the manifest cannot change. */
  pinned: string | undefined;
}

const SERVICE = /^(.*\/v1\/detectors\/[^/@]+)(?:@([^/]+)|\/versions\/([^/]+))?$/;

/**
 * Reads the address of a bundle: that of a service's detector, `…/v1/detectors/name[@reference]`, or else that of a
 * folder, with or without `manifest.json` at its end. The query goes along with every file, for signed addresses.
 *
 * @throws ArgumentError when it is not an HTTP address
 */
export function bundleAddress(url: string): BundleAddress {
  const address = parse(url);
  if (!['http:', 'https:', 'file:'].includes(address.protocol)) {
    throw new ArgumentError(`expected the http or https address of a bundle, got ${address.protocol}`);
  }
  const name = address.origin === 'null' ? address.pathname : address.origin + address.pathname;
  const service = SERVICE.exec(decodeURI(address.pathname));
  const at = (path: string): URL => {
    const file = new URL(address);
    file.hash = '';
    file.pathname = path;
    return file;
  };
  if (service) {
    const [, base, alias, version] = service;
    const reference = alias ?? version ?? 'latest';
    return {
      name,
      manifest: at(`${base}/versions/${reference}/files/manifest.json`),
      file: (file, exact) => at(`${base}/versions/${exact}/files/${file}`),
      pinned: /^[0-9a-f]{64}$/.test(reference) ? reference : undefined,
    };
  }
  const folder = address.pathname.replace(/\/manifest\.json$/, '').replace(/\/?$/, '/');
  return {
    name,
    manifest: at(`${folder}manifest.json`),
    file: (file) => at(folder + file),
    pinned: undefined,
  };
}

function parse(url: string): URL {
  try {
    return new URL(url, (globalThis as { location?: { href: string } }).location?.href);
  } catch (cause) {
    throw new ArgumentError(`expected the address of a bundle, got "${url}"`, { cause });
  }
}
