import { closedObject, count, MAX_FILE_BYTES, text } from '@cflow/spec';
import { z } from 'zod';

/** Which files make up what a run can continue from, written after them: what it lists is there, whole. */
export interface CheckpointManifest {
  attempt: number;
  files: { name: string; key: string; size: number; sha256: string }[];
}

/** A run has one for each of its layers, and its record. */
const MAX_FILES = 1001;
const FILE_NAME = /^(run\.json|checkpoint-\d{1,3}\.safetensors)$/;

export const checkpointManifestSchema: z.ZodType<CheckpointManifest> = closedObject({
  attempt: count(),
  files: z
    .array(
      closedObject({
        name: text(40).regex(FILE_NAME),
        key: text(800),
        size: count(MAX_FILE_BYTES),
        sha256: text(64).regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(MAX_FILES),
});

/** Whether a run continues from this file of its folder. Features are not: they are computed again. */
export function isCheckpointFile(name: string): boolean {
  return FILE_NAME.test(name);
}
