/**
 * Bilinear interpolation of one axis as a matrix [outputSize, inputSize]: y = A·x, corners on corners
 * (`align_corners=True`). A product of matrices gives the same numbers on every device, which resize kernels do not.
 */
export function interpolationMatrix(inputSize: number, outputSize: number): Float32Array {
  const step = outputSize > 1 ? (inputSize - 1) / (outputSize - 1) : 0;
  return matrixOf(inputSize, outputSize, (row) => row * step);
}

/**
 * As {@link interpolationMatrix}, but pixels are areas whose centers are interpolated between (`align_corners=False`), and
 * beyond the outermost centers the outermost values stand: how maps of one network lie on each other.
 */
export function centeredInterpolationMatrix(inputSize: number, outputSize: number): Float32Array {
  return matrixOf(inputSize, outputSize, (row) => {
    const center = ((row + 0.5) * inputSize) / outputSize - 0.5;
    return Math.min(Math.max(center, 0), inputSize - 1);
  });
}

/** @param positionOf where among the inputs each output lies, from 0 to the last of them */
function matrixOf(inputSize: number, outputSize: number, positionOf: (row: number) => number): Float32Array {
  const matrix = new Float32Array(outputSize * inputSize);
  for (let row = 0; row < outputSize; row++) {
    const position = positionOf(row);
    const low = Math.min(Math.floor(position), inputSize - 1);
    const high = Math.min(low + 1, inputSize - 1);
    const weight = position - low;
    matrix[row * inputSize + low] = 1 - weight;
    matrix[row * inputSize + high] = matrix[row * inputSize + high]! + weight;
  }
  return matrix;
}
