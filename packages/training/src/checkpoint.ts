import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { storageErrorOf, writeFileAtomically } from '@cflow/detector/node';
import { readSafetensors, writeSafetensors } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { TrainingError } from '@cflow/spec';
import { z } from 'zod';
import type { DecoderState } from './decoder-trainer.js';

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
  /** Optimiser steps since the start. */
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

/** All that one decoder's training goes on from. */
export interface Checkpoint {
  progress: LayerProgress;
  state: DecoderState;
  /** Parameters of the best epoch so far. */
  best: Map<string, Tensor>;
}

const BEST = 'best.';

/** Writes a checkpoint in one step: whoever reads sees the old one or this one, whole. */
export async function writeCheckpoint(path: string, { progress, state, best }: Checkpoint): Promise<void> {
  const tensors = new Map(state.tensors);
  for (const [name, tensor] of best) tensors.set(BEST + name, tensor);
  const text = JSON.stringify(progress);
  const metadata = { progress: text, sha256: digest(text, tensors) };
  await writeFileAtomically(path, writeSafetensors(tensors, metadata));
}

/** The checkpoint at a path, or undefined when there is none. @throws TrainingError when it cannot be used */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw storageErrorOf(error, path);
  });
  if (!bytes) return undefined;
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    const text = metadata.progress ?? 'null';
    if (digest(text, tensors) !== metadata.sha256)
      throw new Error('its numbers are not those that were written');
    const progress = layerProgressSchema.parse(JSON.parse(text));
    const state: DecoderState = { tensors: new Map(), steps: progress.steps };
    const best = new Map<string, Tensor>();
    for (const [name, tensor] of tensors) {
      // Out of the file's buffer, which would otherwise be held as a whole by every tensor, and be sent along.
      const own = { ...tensor, data: tensor.data.slice() } as Tensor;
      if (name.startsWith(BEST)) best.set(name.slice(BEST.length), own);
      else state.tensors.set(name, own);
    }
    return { progress, state, best };
  } catch (cause) {
    throw new TrainingError(
      `the checkpoint "${path}" is damaged; delete it, or train again without --resume`,
      { cause },
    );
  }
}

/** Over everything that training goes on from: a wrong bit must not go unnoticed, since the result would be another. */
function digest(progress: string, tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256').update(progress);
  for (const [name, { type, dims, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name} ${type} ${dims}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
