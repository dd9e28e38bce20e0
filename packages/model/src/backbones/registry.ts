import { ConfigurationError } from '@cflow/spec';
import type { Architecture } from './architecture.js';
import { mobilenetV2, mobilenetV3Large } from './mobilenet.js';
import { resnet } from './resnet.js';

/** The architectures built in. */
export const ARCHITECTURES: readonly Architecture[] = [
  resnet('resnet18', { depths: [2, 2, 2, 2], bottleneck: false, timm: 'resnet18.a1_in1k' }),
  resnet('resnet34', { depths: [3, 4, 6, 3], bottleneck: false, timm: 'resnet34.a1_in1k' }),
  resnet('resnet50', { depths: [3, 4, 6, 3], bottleneck: true, timm: 'resnet50.a1_in1k' }),
  resnet('wide_resnet50_2', {
    depths: [3, 4, 6, 3],
    bottleneck: true,
    widthFactor: 2,
    timm: 'wide_resnet50_2.racm_in1k',
  }),
  mobilenetV2,
  mobilenetV3Large,
];

// timm's names of the same networks.
const ALIASES: Readonly<Record<string, string>> = {
  mobilenetv2_100: 'mobilenet_v2',
  mobilenetv3_large_100: 'mobilenet_v3_large',
};

/**
 * The architecture of a name: torchvision's, timm's, or timm's with a tag such as `resnet18.a1_in1k`.
 * @throws ConfigurationError that lists the names
 */
export function findArchitecture(name: string): Architecture {
  const base = name.split('.')[0] as string;
  const wanted = ALIASES[base] ?? base;
  const found = ARCHITECTURES.find((architecture) => architecture.name === wanted);
  if (found) return found;
  const names = ['embedded', ...ARCHITECTURES.map((architecture) => architecture.name)].join(', ');
  throw new ConfigurationError(
    `there is no backbone "${name}". Built in: ${names}. For any other network give an ONNX file`,
    { details: { backbone: name } },
  );
}
