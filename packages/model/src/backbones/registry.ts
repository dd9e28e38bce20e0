import { ConfigurationError } from '@cflow/spec';
import type { Architecture } from './architecture.js';
import { efficientNetLite } from './efficientnet-lite.js';
import { mobilenetV2, mobilenetV3Large } from './mobilenet.js';
import { resnet } from './resnet.js';
import { resnet50v1 } from './resnet50-v1.js';

/** The architectures built in. Marked for bundlers: a page that trains brings its backbone along, and needs none of them. */
export const ARCHITECTURES: readonly Architecture[] = [
  /* @__PURE__ */ resnet('resnet18', { depths: [2, 2, 2, 2], bottleneck: false, timm: 'resnet18.a1_in1k' }),
  /* @__PURE__ */ resnet('resnet34', { depths: [3, 4, 6, 3], bottleneck: false, timm: 'resnet34.a1_in1k' }),
  /* @__PURE__ */ resnet('resnet50', { depths: [3, 4, 6, 3], bottleneck: true, timm: 'resnet50.a1_in1k' }),
  /* @__PURE__ */ resnet('wide_resnet50_2', {
    depths: [3, 4, 6, 3],
    bottleneck: true,
    widthFactor: 2,
    timm: 'wide_resnet50_2.racm_in1k',
  }),
  resnet50v1,
  mobilenetV2,
  mobilenetV3Large,
  /* @__PURE__ */ efficientNetLite('efficientnet_lite0', { width: 1, depth: 1 }),
  /* @__PURE__ */ efficientNetLite('efficientnet_lite1', { width: 1, depth: 1.1 }),
  /* @__PURE__ */ efficientNetLite('efficientnet_lite2', { width: 1.1, depth: 1.2 }),
];

// timm's names of the same networks.
const ALIASES: Readonly<Record<string, string>> = {
  mobilenetv2_100: 'mobilenet_v2',
  mobilenetv3_large_100: 'mobilenet_v3_large',
  tf_efficientnet_lite0: 'efficientnet_lite0',
  tf_efficientnet_lite1: 'efficientnet_lite1',
  tf_efficientnet_lite2: 'efficientnet_lite2',
};

/** Names that timm uses for other networks with tensors of the same names and shapes. */
const TIMM_HAS_ANOTHER: ReadonlySet<string> = new Set([
  'efficientnet_lite0',
  'efficientnet_lite1',
  'efficientnet_lite2',
]);

/**
 * The architecture of a name: torchvision's, timm's, or timm's with a tag such as `resnet18.a1_in1k`.
 * @throws ConfigurationError that lists the names, or for a tagged name that timm uses for another network
 */
export function findArchitecture(name: string): Architecture {
  const [base, tag] = name.split('.') as [string, string | undefined];
  const wanted = ALIASES[base] ?? base;
  const found = ARCHITECTURES.find((architecture) => architecture.name === wanted);
  if (found && tag !== undefined && TIMM_HAS_ANOTHER.has(base)) throw otherNetwork(name, base, found);
  if (found) return found;
  const names = ['embedded', ...ARCHITECTURES.map((architecture) => architecture.name)].join(', ');
  throw new ConfigurationError(
    `there is no backbone "${name}". Built in: ${names}. For any other network give an ONNX file`,
    { details: { backbone: name } },
  );
}

/**
 * The architecture that timm means by a name, with or without a tag.
 * @throws ConfigurationError as {@link findArchitecture}, and for a name that timm uses for another network
 */
export function findTimmArchitecture(name: string): Architecture {
  const found = findArchitecture(name);
  const base = name.split('.')[0] as string;
  if (TIMM_HAS_ANOTHER.has(base)) throw otherNetwork(name, base, found);
  return found;
}

function otherNetwork(name: string, base: string, { timm }: Architecture): ConfigurationError {
  return new ConfigurationError(
    `timm's "${name}" pads differently from the ${base} built in here, which is timm's ${timm}: use that, or give ` +
      'the network as an ONNX file',
    { details: { backbone: name, expected: timm } },
  );
}
