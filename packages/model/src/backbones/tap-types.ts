import {
  elementCount,
  type ForeignModel,
  type ForeignValue,
  formatShape,
  GraphError,
  type OutputType,
  type Tensor,
  writeForeignModel,
} from '@cflow/onnx';
import { type Feed, inspectGraph } from '@cflow/onnx/inspect';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { tokenGrid } from './token-grid.js';

/** Runs a model once on the CPU and gives its outputs. */
export type RunModel = (
  model: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<string, Pick<Tensor, 'type' | 'dims'>>>>;

export interface TapTypesOptions {
  /** The file's name, for messages. */
  name: string;
  /** The model, cut behind its taps. */
  model: ForeignModel;
  image: ForeignValue;
  inputSize: readonly [number, number];
  constants: ReadonlyMap<string, Tensor>;
  run: RunModel | undefined;
}

// Two, so that a model that works for one image alone is found out.
const BATCH = 2;

// What graphs are inspected for: sizes that a batch alone may have are looked for among these.
const BATCHES = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Type and shape of each tap, [batch, C, h, w] or, of a transformer, [batch, tokens, C], after the model has been inspected: by
 * running the model once on zeros, or else as the file declares them, which it can only for the one size that it was exported
 * for.
 * @throws ConfigurationError when a tap is neither, or when there is nothing to find out the shapes with;
 * WeightsError when the model does not run
 */
export async function tapTypes(options: TapTypesOptions): Promise<Map<string, OutputType>> {
  const { name, model } = options;
  const bytes = inspected(options);
  const found = options.run ? await measured(options, bytes, options.run) : declared(options);
  const types = new Map<string, OutputType>();
  for (const tap of model.outputs) {
    const { type, dims } = found.get(tap.name) ?? { type: undefined, dims: [] };
    const [batch, ...rest] = dims;
    const isFloat = type === 'float32' || type === 'float16';
    if (!isFloat || !(isMap(rest) || isTokens(rest, options.inputSize))) {
      throw new ConfigurationError(
        `${name}: "${tap.name}" is ${type ?? 'of another type'} ${formatShape(dims)}, and a layer to tap is a feature map ` +
          '[batch, channels, height, width], or the tokens of a transformer, [batch, tokens, channels], one for each patch of ' +
          `${options.inputSize.join(' x ')} pixels behind those for the class and registers, of float32 or float16`,
        { details: { backbone: name, layer: tap.name, dims } },
      );
    }
    if (batch !== BATCH) {
      throw new WeightsError(
        `${name}: "${tap.name}" has a first dimension of ${batch} for ${BATCH} images; export the model with a free batch size`,
        { details: { backbone: name, layer: tap.name, dims } },
      );
    }
    types.set(tap.name, { type, shape: ['batch', ...rest] });
  }
  return types;
}

const isMap = (sizes: readonly number[]): boolean => sizes.length === 3 && sizes.every((size) => size > 0);

const isTokens = (
  [tokens = 0, channels = 0, ...more]: readonly number[],
  inputSize: TapTypesOptions['inputSize'],
): boolean => more.length === 0 && channels > 0 && tokenGrid(tokens, inputSize) !== undefined;

type Found = Map<string, { type: OutputType['type']; dims: readonly number[] }>;

/** The part of the model that is used, as it is run, found to be what a graph from outside may be. */
function inspected({ name, model, image, inputSize, constants }: TapTypesOptions): Uint8Array {
  const feed: Feed = { type: image.type ?? 'float32', dims: ['batch', 3, ...inputSize] };
  try {
    const bytes = writeForeignModel(
      model,
      new Map([[image.name, { type: feed.type, shape: feed.dims }]]),
      constants,
    );
    inspectGraph(bytes, { inputs: new Map([[image.name, feed]]), batches: BATCHES });
    return bytes;
  } catch (cause) {
    if (!(cause instanceof GraphError)) throw cause;
    throw new WeightsError(
      `${name} is refused: ${cause.message}; it may have been exported for one image, or for another size than ` +
        `${inputSize[0]} x ${inputSize[1]} pixels`,
      { cause, details: { backbone: name, inputSize } },
    );
  }
}

async function measured(options: TapTypesOptions, bytes: Uint8Array, run: RunModel): Promise<Found> {
  const { name, image, inputSize } = options;
  const type = image.type ?? 'float32';
  const dims = [BATCH, 3, ...inputSize];
  const zeros =
    type === 'float16' ? new Uint16Array(elementCount(dims)) : new Float32Array(elementCount(dims));
  try {
    const outputs = await run(bytes, {
      [image.name]: { type, dims, data: zeros },
    });
    return new Map(Object.entries(outputs));
  } catch (cause) {
    throw new WeightsError(
      `${name} does not run on ${BATCH} images of ${inputSize[0]} x ${inputSize[1]} pixels ` +
        `(${cause instanceof Error ? cause.message : String(cause)}); it may have been exported for one image, or for ` +
        'another size',
      { cause, details: { backbone: name, inputSize } },
    );
  }
}

function declared({ name, model, image, inputSize }: TapTypesOptions): Found {
  const found: Found = new Map();
  const [, , height, width] = image.shape ?? [];
  const known = height === inputSize[0] && width === inputSize[1];
  for (const { name: tap, type, shape } of model.outputs) {
    const sizes = shape?.slice(1);
    if (!known || !type || !sizes?.every((size) => typeof size === 'number')) {
      throw new ConfigurationError(
        `${name} does not say what shape "${tap}" has for images of ${inputSize[0]} x ${inputSize[1]} pixels: a runtime ` +
          'is needed to find out; pass `run`',
        { details: { backbone: name, layer: tap } },
      );
    }
    found.set(tap, { type, dims: [BATCH, ...(sizes as number[])] });
  }
  return found;
}
