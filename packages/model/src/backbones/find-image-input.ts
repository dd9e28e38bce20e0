import { type ForeignModel, type ForeignValue, formatShape } from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';

/**
 * The input of a model that takes images: float32 or float16, [N, 3, height, width].
 *
 * @param wanted its name, where the model has several that could be
 * @throws ConfigurationError for a name that is not an input, or when one has to be named; WeightsError when none can be
 */
export function findImageInput(file: string, { inputs }: ForeignModel, wanted?: string): ForeignValue {
  const listed = inputs.map(describe).join('; ');
  const details = { file, inputs: inputs.map(({ name }) => name) };
  const candidates = inputs.filter((input) =>
    wanted === undefined ? isImage(input) : input.name === wanted,
  );
  const [found, another] = candidates;
  if (!found && wanted !== undefined) {
    throw new ConfigurationError(`${file} has no input "${wanted}". Its inputs: ${listed}`, { details });
  }
  if (!found || !isImage(found)) {
    throw new WeightsError(
      `${file} has no input for images: float32 or float16 of shape [N, 3, height, width] is expected, its inputs are ${listed}`,
      { details },
    );
  }
  if (another) {
    throw new ConfigurationError(
      `${file} has several inputs that could be the image; name one of: ${listed}`,
      {
        details,
      },
    );
  }
  return found;
}

function isImage({ type, shape }: ForeignValue): boolean {
  if (type !== 'float32' && type !== 'float16') return false;
  return !shape || (shape.length === 4 && (typeof shape[1] === 'string' || shape[1] === 3));
}

const describe = ({ name, type, shape }: ForeignValue): string =>
  `"${name}" (${type ?? 'another type'}${shape ? ` ${formatShape(shape)}` : ''})`;
