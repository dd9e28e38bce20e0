import { basename } from 'node:path';
import { CflowError, ConfigurationError, WeightsError } from '@cflow/spec';
import { readWeightsFile } from '../read-weights-file.js';
import {
  type AnomalibCheckpoint,
  type CheckpointOverrides,
  readAnomalibCheckpoint,
} from './anomalib-checkpoint.js';
import { exportedFormat } from './exported-format.js';

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
  const exported = exportedFormat(path, bytes);
  if (exported) {
    throw new WeightsError(
      `"${path}" is ${exported}, exported to be run alone, and cannot be imported: it gives maps and scores, and not the ` +
        'likelihoods that a detector is calibrated by. Import what it was exported from, the checkpoint ' +
        '(weights/lightning/model.ckpt in the folder of results) or the export for PyTorch (weights/torch/model.pt)',
      { details: { path, format: exported } },
    );
  }
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
