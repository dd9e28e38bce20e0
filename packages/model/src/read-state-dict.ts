import { WeightsError } from '@cflow/spec';
import { readSafetensors, type Safetensors } from './weights/safetensors.js';
import { isTorchFile, readTorchFile } from './weights/torch-file/read-torch-file.js';
import { stateDictOf } from './weights/torch-file/state-dict-of.js';

/**
 * The named tensors of a file of weights: safetensors, or what torch.save wrote, which is read as data and not run.
 * @throws WeightsError that names the file
 */
export function readStateDict(path: string, bytes: Uint8Array): Safetensors {
  try {
    if (!isTorchFile(bytes)) return readSafetensors(bytes);
    return { tensors: stateDictOf(readTorchFile(bytes)), metadata: {} };
  } catch (cause) {
    if (!WeightsError.isInstance(cause)) throw cause;
    throw new WeightsError(`the weights "${path}" cannot be used: ${cause.message}`, {
      cause,
      details: { ...cause.details, path },
    });
  }
}
