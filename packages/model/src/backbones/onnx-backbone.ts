// Any network at all: an ONNX file, cut behind the tensors that are tapped, with our pixels in front.
import {
  type ExternalLocation,
  elementCount,
  externalLocation,
  extractModel,
  type ForeignModel,
  type ForeignValue,
  Graph,
  importModel,
  op,
  readTensor,
  type Tensor,
  type Value,
} from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { IMAGENET, type PixelNormalization } from './architecture.js';
import { type Backbone, type BackboneOptions, withOutputs } from './backbone.js';
import { checkInputSize } from './check-input-size.js';
import { checkTaps } from './check-taps.js';
import { storedConstant } from './network.js';
import { asWeightsError } from './onnx-weights-error.js';
import { pixelInput } from './pixel-input.js';
import { type RunModel, tapTypes } from './tap-types.js';
import { type TokenGrid, tokenGrid, tokensAsMap } from './token-grid.js';

/** An ONNX model that has been read, and what is needed to build a backbone from it. */
export interface OnnxNetwork {
  /** For messages and the graph: the file's name. */
  name: string;
  model: ForeignModel;
  /** Which of the model's inputs takes the image: see {@link findImageInput}. */
  image: ForeignValue;
  /** What the model expects to have been done to pixels. Default: ImageNet's mean and deviation. */
  normalization?: PixelNormalization | undefined;
  /** Reads a part of a file that lies beside the model. */
  readExternal?: ((location: ExternalLocation) => Promise<Uint8Array>) | undefined;
  /** Runs a model once: how the shapes of the taps are found where the file does not give them. */
  run?: RunModel | undefined;
}

// Below this a constant may be a shape or a scale, and float16 would save nothing.
const LARGE = 256;
// A session is made from one message, and a message ends at 2 GiB.
const MAX_WEIGHT_BYTES = 2 ** 31 - 2 ** 20;

/**
 * The part of an ONNX model that makes the named tensors, as a backbone. Each must be a feature map [N, C, h, w] for
 * images [N, 3, height, width] of any N, or the tokens of a transformer, [N, tokens, C], which become one ({@link tokenGrid}).
 *
 * @throws ConfigurationError when no tensors are named, when one does not exist or is neither, or when the model takes images of another size; WeightsError when the model cannot be used
 */
export async function buildOnnxBackbone(network: OnnxNetwork, options: BackboneOptions): Promise<Backbone> {
  const { name, model, image, normalization = IMAGENET } = network;
  const { inputSize, precision = 'float32' } = options;
  checkInputSize(inputSize);
  checkFixedSize(network, inputSize);
  checkTaps(name, model, options.layers ?? []);
  const cut = asWeightsError(name, () => extractModel(model, options.layers ?? []));
  const others = cut.inputs.filter((input) => input.name !== image.name);
  if (others.length > 0 || cut.inputs.length === 0) {
    const found = others.length > 0 ? others.map((input) => `"${input.name}"`).join(', ') : 'no input at all';
    throw new ConfigurationError(
      `${name}: the layers ${cut.outputs.map((tap) => `"${tap.name}"`).join(', ')} must depend on the image "${image.name}" ` +
        `and on nothing else, and they depend on ${found}`,
      { details: { backbone: name, inputs: cut.inputs.map((input) => input.name) } },
    );
  }
  const constants = await readConstants(network, cut);
  const types = await tapTypes({ name, model: cut, image, inputSize, constants, run: network.run });

  const graph = new Graph(name);
  const pixels =
    options.input === 'normalized'
      ? graph.input('image', 'float32', ['batch', 3, ...inputSize])
      : pixelInput(graph, inputSize, normalization);
  const values = new Map<string, Value>([[image.name, op.Cast(pixels, image.type ?? 'float32')]]);
  for (const [constant, tensor] of constants) {
    const stored =
      tensor.type === 'float32' && elementCount(tensor.dims) >= LARGE
        ? storedConstant(graph, tensor, constant, precision)
        : graph.constant(tensor, constant);
    values.set(constant, stored);
  }
  const taps = asWeightsError(name, () => importModel(graph, cut, values, types));
  return withOutputs(
    graph,
    new Map([...taps].map(([tap, value]) => [tap, asMap(op.Cast(value, 'float32'), inputSize)])),
    options.outputs,
  );
}

/** Tokens of a transformer where they lie on the image; maps as they are. */
function asMap(tap: Value, inputSize: readonly [number, number]): Value {
  if (tap.shape.length === 4) return tap;
  return tokensAsMap(tap, tokenGrid(tap.shape[1] as number, inputSize) as TokenGrid);
}

function checkFixedSize({ name, image }: OnnxNetwork, inputSize: readonly [number, number]): void {
  const [height, width] = (image.shape ?? []).slice(2);
  const fits = (dim: unknown, size: number): boolean => typeof dim !== 'number' || dim === size;
  if (fits(height, inputSize[0]) && fits(width, inputSize[1])) return;
  throw new ConfigurationError(
    `${name} takes images of ${height} x ${width} pixels only, and ${inputSize[0]} x ${inputSize[1]} were asked for: ` +
      'set the input size to what it takes, or export it with free height and width',
    { details: { backbone: name, expected: [height, width], found: inputSize } },
  );
}

async function readConstants(network: OnnxNetwork, cut: ForeignModel): Promise<Map<string, Tensor>> {
  const constants = new Map<string, Tensor>();
  let bytes = 0;
  for (const [constant, message] of cut.initializers) {
    const location = asWeightsError(network.name, () => externalLocation(message));
    bytes += location?.length ?? message.rawData.length;
    if (bytes > MAX_WEIGHT_BYTES) {
      throw new WeightsError(
        `${network.name}: the weights up to the deepest layer pass ${MAX_WEIGHT_BYTES} bytes`,
      );
    }
    if (location && !network.readExternal) {
      throw new WeightsError(
        `${network.name} keeps "${constant}" in the file "${location.path}", which cannot be read here`,
        { details: { tensor: constant, file: location.path } },
      );
    }
    const outside = location && (await network.readExternal?.(location));
    constants.set(
      constant,
      asWeightsError(network.name, () => readTensor(message, outside)),
    );
  }
  return constants;
}
