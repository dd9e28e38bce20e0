import { type Float32Tensor, float32, type Tensor } from '@cflow/onnx';

/** An index as the matrix that the reference stores: row i has its one at `index[i]`. */
function densePermutation({ data, dims }: Tensor): Float32Tensor {
  const [channels] = dims as [number];
  const matrix = new Float32Array(channels * channels);
  data.forEach((column, row) => {
    matrix[row * channels + Number(column)] = 1;
  });
  return float32([channels, channels], matrix);
}

/** Parameters with a dense `w_perm` beside each `w_perm_index`. */
export function withDensePermutations(parameters: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const result = new Map(parameters);
  for (const [name, tensor] of parameters) {
    if (name.endsWith('w_perm_index')) result.set(name.replace(/_index$/, ''), densePermutation(tensor));
  }
  return result;
}
