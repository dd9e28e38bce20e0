import { z } from 'zod';

/** Which files make up what a run can go on from, written after them: what it lists is there, whole. */
export interface CheckpointManifest {
  attempt: number;
  files: { name: string; key: string; size: number; sha256: string }[];
}

const FILE_NAME = /^(run\.json|checkpoint-\d{1,3}\.safetensors)$/;

export const checkpointManifestSchema: z.ZodType<CheckpointManifest> = z.strictObject({
  attempt: z.number().int(),
  files: z.array(
    z.strictObject({
      name: z.string().regex(FILE_NAME),
      key: z.string(),
      size: z.number().int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

/** Of a file in a run's folder: whether a run goes on from it. Features are not: they are computed again. */
export function isCheckpointFile(name: string): boolean {
  return FILE_NAME.test(name);
}
