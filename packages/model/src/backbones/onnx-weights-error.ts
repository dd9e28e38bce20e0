import { GraphError } from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';

/** Runs something that reads an ONNX file, whose faults are those of the weights. */
export function asWeightsError<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (!(cause instanceof GraphError)) throw cause;
    throw new WeightsError(`${file}: ${cause.message}`, { cause, details: { file } });
  }
}
