import { basename } from 'node:path';
import { CflowError, ConfigurationError, WeightsError } from '@cflow/spec';
import { readWeightsFile } from '../read-weights-file.js';
import {
  type AnomalibCheckpoint,
  type CheckpointOverrides,
  readAnomalibCheckpoint,
} from './anomalib-checkpoint.js';

/**
 * Reads the file of a checkpoint of anomalib's Cflow.
 * @returns the checkpoint, and `origin`, which names the file and its hash for manifests
 * @throws as {@link readAnomalibCheckpoint} and {@link readWeightsFile}; messages name the file
 */
export async function readCheckpointFile(
  path: string,
  overrides: CheckpointOverrides = {},
): Promise<{ checkpoint: AnomalibCheckpoint; origin: string }> {
  const { bytes, sha256 } = await readWeightsFile(path);
  try {
    const checkpoint = readAnomalibCheckpoint(bytes, overrides);
    return { checkpoint, origin: `anomalib checkpoint ${basename(path).slice(0, 128)}, sha256 ${sha256}` };
  } catch (cause) {
    if (!CflowError.isInstance(cause)) throw cause;
    const options = { cause, details: { ...cause.details, path } };
    const message = `the checkpoint "${path}" cannot be imported: ${cause.message}`;
    throw cause.code === 'configuration'
      ? new ConfigurationError(message, options)
      : new WeightsError(message, options);
  }
}
