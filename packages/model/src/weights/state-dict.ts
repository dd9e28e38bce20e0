import type { Float32Tensor, Tensor } from '@cflow/onnx';
import { nearNames, WeightsError } from '@cflow/spec';
import { float16ToFloat32 } from './float16.js';

export interface StateDictOptions {
  /** The architecture that the weights are taken for, named in every error. */
  architecture: string;
  /** Tensors whose names match are not reported as unused. Default: {@link NOT_FEATURES}. */
  ignored?: readonly RegExp[];
}

/** Tensors that a feature extractor never needs: counters of batch norm, and classifiers of timm and torchvision. */
export const NOT_FEATURES: readonly RegExp[] = [
  /(^|\.)num_batches_tracked$/,
  /^(fc|classifier|head|last_linear|AuxLogits)\./,
];

// Added by DataParallel, Lightning modules, torch.compile and the like around the model proper.
const WRAPPERS = [
  'module.',
  'model.',
  'backbone.',
  'encoder.',
  'feature_extractor.',
  'state_dict.',
  '_orig_mod.',
];

/** Named tensors of a file, taken one by one by the architecture that expects them. */
export class StateDict {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #taken: Set<string> = new Set();
  readonly #architecture: string;
  readonly #ignored: readonly RegExp[];
  /** The prefix that every name in the file had and that was taken off; often ''. */
  readonly prefix: string;

  constructor(tensors: ReadonlyMap<string, Tensor>, options: StateDictOptions) {
    this.prefix = commonWrapper([...tensors.keys()]);
    this.#tensors = new Map([...tensors].map(([name, tensor]) => [name.slice(this.prefix.length), tensor]));
    this.#architecture = options.architecture;
    this.#ignored = options.ignored ?? NOT_FEATURES;
  }

  /** Names without the common prefix. */
  get names(): readonly string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** The shape of the tensor of this name; undefined when there is none. */
  dims(name: string): readonly number[] | undefined {
    return this.#tensors.get(name)?.dims;
  }

  /**
   * The tensor of this name as float32; float16 and float64 are converted.
   * @throws WeightsError when it is missing, has another shape, is not made of floating-point numbers, or holds
   * a NaN or an infinity.
   */
  take(name: string, dims: readonly number[]): Float32Tensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw this.#missing(name, dims);
    if (tensor.dims.length !== dims.length || tensor.dims.some((dim, axis) => dim !== dims[axis])) {
      throw new WeightsError(
        `${this.#architecture} expects tensor "${name}" of shape [${dims.join(', ')}], the weights have ` +
          `[${tensor.dims.join(', ')}]. They are probably of another architecture: name it as the backbone`,
        {
          details: {
            tensor: name,
            architecture: this.#architecture,
            expected: dims,
            found: tensor.dims,
            option: 'backbone',
          },
        },
      );
    }
    const data = this.#toFloat32(name, tensor);
    this.#taken.add(name);
    return { type: 'float32', dims, data };
  }

  /** Names of the tensors that nothing has taken so far, without the ignored ones. */
  unused(): string[] {
    return this.names.filter(
      (name) => !this.#taken.has(name) && !this.#ignored.some((ignored) => ignored.test(name)),
    );
  }

  #missing(name: string, dims: readonly number[]): WeightsError {
    const near = nearNames(name, this.names);
    const hint =
      near.length > 0
        ? `Near names in the file: ${near.map((other) => `"${other}"`).join(', ')}`
        : `The file has ${this.names.length} tensors, none with a similar name`;
    return new WeightsError(
      `${this.#architecture} expects a tensor "${name}" of shape [${dims.join(', ')}], and the weights have none. ` +
        `${hint}. Check that the weights are of this architecture, in the key layout of timm or torchvision`,
      { details: { tensor: name, architecture: this.#architecture, expected: dims, near } },
    );
  }

  #toFloat32(name: string, { type, data }: Tensor): Float32Array {
    let values: Float32Array;
    if (type === 'float32') values = data as Float32Array;
    else if (type === 'float16') values = float16ToFloat32(data as Uint16Array);
    else if (type === 'float64') values = Float32Array.from(data as Float64Array);
    else {
      throw new WeightsError(
        `tensor "${name}" holds ${type}, ${this.#architecture} needs floating-point numbers`,
        {
          details: { tensor: name, architecture: this.#architecture, found: type },
        },
      );
    }
    const index = firstNonFinite(values);
    if (index >= 0) {
      throw new WeightsError(
        `tensor "${name}" holds ${values[index]} at element ${index}; the weights are damaged, fetch them again`,
        { details: { tensor: name, architecture: this.#architecture, element: index } },
      );
    }
    return values;
  }
}

/** A plain loop: a callback per number would cost seconds on a large network. */
function firstNonFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

function commonWrapper(names: readonly string[]): string {
  let prefix = '';
  for (;;) {
    const next = WRAPPERS.find(
      (wrapper) => names.length > 0 && names.every((name) => name.startsWith(prefix + wrapper)),
    );
    if (next === undefined) return prefix;
    prefix += next;
  }
}
