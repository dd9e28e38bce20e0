import type { Tensor } from '@cflow/onnx';
import * as z from 'zod';
import type { DecoderState } from './decoder-state.js';

/** Mean loss and held-out likelihood of one epoch. */
export const epochRecordSchema = z.strictObject({ loss: z.number(), heldOut: z.number().nullable() });
export type EpochRecord = z.infer<typeof epochRecordSchema>;

const count = z.number().int().nonnegative();

/** Where a decoder's training stands between two calls of its graph. */
export const layerProgressSchema = z.strictObject({
  epoch: count,
  /** Batch of images within the epoch, and steps of that batch already taken. */
  batch: count,
  step: count,
  /** Optimizer steps since the start. */
  steps: count,
  /** Sum and number of the losses of the current epoch. */
  lossSum: z.number(),
  lossCount: count,
  history: z.array(epochRecordSchema),
  /** Epoch of the best held-out likelihood; null before the first. */
  bestEpoch: count.nullable(),
  finished: z.boolean(),
});
export type LayerProgress = z.infer<typeof layerProgressSchema>;

export const initialProgress = (): LayerProgress => ({
  epoch: 0,
  batch: 0,
  step: 0,
  steps: 0,
  lossSum: 0,
  lossCount: 0,
  history: [],
  bestEpoch: null,
  finished: false,
});

/** Everything that one decoder's training continues from. */
export interface Checkpoint {
  progress: LayerProgress;
  state: DecoderState;
  /** Parameters of the best epoch so far. */
  best: Map<string, Tensor>;
}

/** Where checkpoints are kept while a run goes on, one per layer. */
export interface CheckpointStore {
  /** The checkpoint of a layer, or undefined when there is none. */
  read(layer: number): Promise<Checkpoint | undefined>;
  /** Replaces the checkpoint of a layer in one step. */
  write(layer: number, checkpoint: Checkpoint): Promise<void>;
}
