import { elementCount, type Tensor } from '@cflow/onnx/tensor';
import { WeightsError } from '@cflow/spec';

/** What is needed of the weights manifest of TensorFlow.js: tensors lie one after the other in the shards. */
interface WeightsGroup {
  paths: readonly string[];
  weights: readonly { name: string; shape: readonly number[]; dtype: string }[];
}

/** What Keras calls the parts of its layers, and what they are called here. */
const PARTS: Readonly<Record<string, string>> = {
  kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/**
 * The tensors of a model of Keras as TensorFlow.js keeps it, `model.json` and shards: `conv1/kernel` is `conv1.weight`, and
 * kernels [h, w, in, out] become [out, in, h, w].
 *
 * @param files of the model's folder, by name
 * @throws WeightsError where they are no such model, or do not hold what it says
 */
export function readLayersModel(files: ReadonlyMap<string, Uint8Array>): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { paths, weights } of manifestOf(files)) {
    const shards = joined(paths.map((path) => files.get(path) ?? new Uint8Array(0)));
    let offset = 0;
    for (const { name, shape } of weights) {
      const count = elementCount(shape);
      const end = offset + 4 * count;
      if (end > shards.length) throw new WeightsError(`the shards of the model end before "${name}"`);
      const data = new Float32Array(shards.buffer.slice(offset, end));
      offset = end;
      const slash = name.lastIndexOf('/');
      const part = PARTS[name.slice(slash + 1)];
      if (part === undefined) continue;
      tensors.set(
        `${name.slice(0, slash)}.${part}`,
        shape.length === 4 ? channelsFirst(shape, data) : { type: 'float32', dims: shape, data },
      );
    }
  }
  return tensors;
}

function manifestOf(files: ReadonlyMap<string, Uint8Array>): readonly WeightsGroup[] {
  let groups: unknown;
  try {
    groups = JSON.parse(new TextDecoder().decode(files.get('model.json'))).weightsManifest;
  } catch (cause) {
    throw unreadable(cause);
  }
  if (!Array.isArray(groups)) throw unreadable();
  for (const { paths, weights } of groups as WeightsGroup[]) {
    if (!Array.isArray(paths) || !Array.isArray(weights)) throw unreadable();
    for (const { dtype, ...rest } of weights)
      if (dtype !== 'float32' || 'quantization' in rest) throw unreadable();
  }
  return groups as WeightsGroup[];
}

function unreadable(cause?: unknown): WeightsError {
  return new WeightsError('the package has no model.json of TensorFlow.js with float32 weights', { cause });
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function channelsFirst(shape: readonly number[], data: Float32Array): Tensor {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const area = height * width;
  const turned = new Float32Array(data.length);
  for (let place = 0; place < area; place++) {
    for (let input = 0; input < inputs; input++) {
      const from = (place * inputs + input) * outputs;
      for (let output = 0; output < outputs; output++) {
        turned[(output * inputs + input) * area + place] = data[from + output]!;
      }
    }
  }
  return { type: 'float32', dims: [outputs, inputs, height, width], data: turned };
}
