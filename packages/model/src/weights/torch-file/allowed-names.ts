import type { PickleGlobal } from './pickle-value.js';
import { STORAGE_TYPES } from './storage-type.js';

/** Names of Python's own that data are made of. */
const PLAIN: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'collections.defaultdict',
  'collections.Counter',
  'pathlib.Path',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib._local.PosixPath',
  'pathlib._local.WindowsPath',
  'datetime.timedelta',
  'datetime.datetime',
  '_codecs.encode',
  'numpy.dtype',
  'numpy.ndarray',
  'numpy.core.multiarray.scalar',
  'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray.scalar',
  'numpy._core.multiarray._reconstruct',
  ...[
    'set',
    'frozenset',
    'int',
    'float',
    'bool',
    'str',
    'bytes',
    'bytearray',
    'list',
    'dict',
    'tuple',
    'complex',
  ].flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
  'torch.Size',
  'torch.device',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'torch.nn.parameter.Parameter',
  'torch._C._nn.linear',
  ...Object.keys(STORAGE_TYPES).map((storage) => `torch.${storage}`),
]);

const TORCH_TYPE = /^torch\.(u?int(8|16|32|64)|float(16|32|64)|bfloat16|bool|double|float|half|long)$/;

/**
 * Modules whose objects a training checkpoint describes beside its weights: settings, transforms, metrics. They stay
 * descriptions; what is outside these modules has no place in a checkpoint.
 */
const DESCRIBED = [
  'anomalib.',
  'FrEIA.',
  'lightning.',
  'lightning_fabric.',
  'lightning_utilities.',
  'pytorch_lightning.',
  'omegaconf.',
  'timm.',
  'torchmetrics.',
  'torchvision.transforms.',
  'torch.optim.',
  'torch.nn.',
];

/** Whether a file of weights, or a training checkpoint, may name this. Nothing of it is imported or called either way. */
export function isAllowedName({ path, module }: PickleGlobal): boolean {
  return (
    PLAIN.has(path) || TORCH_TYPE.test(path) || DESCRIBED.some((prefix) => `${module}.`.startsWith(prefix))
  );
}
