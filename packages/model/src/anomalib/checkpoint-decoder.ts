import { elementCount, type Tensor } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import { type DecoderShape, permutationShapes, trainableShapes } from '../decoder/decoder-shape.js';
import { StateDict } from '../weights/state-dict.js';

/** What the tensors of a decoder say of its shape. */
export type TensorShape = Pick<
  DecoderShape,
  'channels' | 'conditionVector' | 'couplingBlocks' | 'permuteSoft'
>;

/**
 * The shape of a decoder, from its tensors.
 * @param tensors by the reference's names, `module_list.0.global_scale`, …
 * @throws WeightsError where they are not a decoder's
 */
export function tensorShapeOf(tensors: ReadonlyMap<string, Tensor>, decoder: string): TensorShape {
  const dims = (name: string): readonly number[] => {
    const found = tensors.get(`module_list.0.${name}`)?.dims;
    if (found?.length === 2) return found;
    throw new WeightsError(
      `${decoder} of the checkpoint has no "module_list.0.${name}" of two dimensions: this is not a decoder of anomalib's Cflow`,
      { details: { decoder, tensor: name } },
    );
  };
  const channels = dims('global_scale')[1]!;
  const conditionVector = dims('subnet.0.weight')[1]! - (channels - Math.floor(channels / 2));
  const blocks = new Set([...tensors.keys()].map((name) => /^module_list\.(\d{1,6})\./.exec(name)?.[1]));
  blocks.delete(undefined);
  const permuteSoft = firstPermutation(tensors, channels, decoder) === undefined;
  return { channels, conditionVector, couplingBlocks: blocks.size, permuteSoft };
}

/**
 * A decoder's parameters as they are known here: the reference keeps each permutation as a dense matrix and its inverse, of
 * which an index is left, or the matrix where it is a rotation.
 * @throws WeightsError for a tensor that is missing, of another shape, or not finite
 */
export function checkpointDecoder(
  tensors: ReadonlyMap<string, Tensor>,
  shape: DecoderShape,
  decoder: string,
): Map<string, Tensor> {
  const dict = new StateDict(tensors, { architecture: decoder, ignored: [/\.w_perm_inv$/] });
  const parameters = new Map<string, Tensor>();
  for (const [name, dims] of trainableShapes(shape)) parameters.set(name, dict.take(name, dims));
  permutationShapes(shape).forEach(([name], block) => {
    const { channels } = shape;
    const matrix = dict.take(`module_list.${block}.w_perm`, [channels, channels]);
    if (shape.permuteSoft) parameters.set(name, matrix);
    else {
      const index = indexOf(matrix.data as Float32Array, channels);
      if (!index) {
        throw new WeightsError(
          `${decoder} of the checkpoint mixes permutations and rotations, which no decoder of anomalib does`,
          { details: { decoder, block } },
        );
      }
      parameters.set(name, { type: 'int64', dims: [channels], data: BigInt64Array.from(index, BigInt) });
    }
  });
  const [unused] = dict.unused();
  if (unused !== undefined) {
    throw new WeightsError(
      `${decoder} of the checkpoint has a tensor "${unused}", which no decoder of this shape has`,
      {
        details: { decoder, tensor: unused },
      },
    );
  }
  return parameters;
}

function firstPermutation(
  tensors: ReadonlyMap<string, Tensor>,
  channels: number,
  decoder: string,
): Int32Array | undefined {
  const matrix = tensors.get('module_list.0.w_perm');
  if (matrix?.type !== 'float32' || elementCount(matrix.dims) !== channels * channels) {
    const found = matrix ? `${matrix.type} [${matrix.dims.join(', ')}]` : 'none';
    throw new WeightsError(
      `${decoder} of the checkpoint needs a permutation of float32 [${channels}, ${channels}], and has ${found}`,
      { details: { decoder, found } },
    );
  }
  return indexOf(matrix.data as Float32Array, channels);
}

/** z = v · Wᵀ with one 1 per row and per column: z[i] = v[index[i]]. Undefined for any other matrix. */
function indexOf(matrix: Float32Array, size: number): Int32Array | undefined {
  const index = new Int32Array(size).fill(-1);
  const taken = new Uint8Array(size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const value = matrix[row * size + column];
      if (value === 0) continue;
      if (value !== 1 || index[row] !== -1 || taken[column]) return undefined;
      index[row] = column;
      taken[column] = 1;
    }
    if (index[row] === -1) return undefined;
  }
  return index;
}
