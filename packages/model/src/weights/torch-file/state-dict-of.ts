import type { Tensor } from '@cflow/onnx/tensor';
import { WeightsError } from '@cflow/spec';
import { PickleObject, type PickleValue } from './pickle-value.js';
import type { TorchFile } from './torch-file.js';
import { torchTensor } from './torch-tensor.js';

/** Where training checkpoints keep the state dict of their model. */
const KEYS_OF_MODELS = ['state_dict', 'model_state_dict', 'model'];

/** Tensors may share numbers, and bfloat16 becomes twice as long; a file of a kilobyte must not become gigabytes. */
const MOST_EXPANSION = 8;

/**
 * The named tensors of a file of `torch.save`: of the dict that it is, or of the one under a key that training checkpoints
 * use. Anything but tensors is skipped.
 * @throws WeightsError when there are none
 */
export function stateDictOf(file: TorchFile): Map<string, Tensor> {
  const root = entriesOf(file.value);
  const nested = KEYS_OF_MODELS.map((key) => entriesOf(root?.get(key) ?? null)).find(
    (each) => each !== undefined,
  );
  const tensors = namedTensors(nested ?? root ?? [], file);
  if (tensors.size > 0) return tensors;
  throw new WeightsError(
    'the file holds no named tensors: expected a state dict, as torch.save(model.state_dict(), file) writes it, or a ' +
      'checkpoint with one under "state_dict"',
  );
}

/**
 * The tensors among named values; anything else is skipped.
 * @throws WeightsError when together they take far more than the file has
 */
export function namedTensors(
  values: Iterable<readonly [PickleValue, PickleValue]>,
  file: TorchFile,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  let bytes = 0;
  for (const [name, value] of values) {
    if (typeof name !== 'string') continue;
    const tensor = torchTensor(value, file.bytesOf);
    if (!tensor) continue;
    bytes += tensor.data.byteLength;
    if (bytes > MOST_EXPANSION * file.bytes) {
      throw new WeightsError(
        `the tensors of the file share so much that they take more than ${MOST_EXPANSION} times its size; save them apart`,
      );
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

/** The entries of a dict or an OrderedDict. */
export function entriesOf(value: PickleValue): Map<PickleValue, PickleValue> | undefined {
  if (value instanceof Map) return value;
  return value instanceof PickleObject && value.type.path === 'collections.OrderedDict'
    ? value.entries
    : undefined;
}
