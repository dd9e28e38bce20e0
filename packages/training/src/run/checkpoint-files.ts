import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { storageErrorOf, writeFileAtomically } from '@cflow/detector/node';
import { readSafetensors, writeSafetensors } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { ResumeError } from '@cflow/spec';
import { type Checkpoint, type CheckpointStore, layerProgressSchema } from '../decoder/checkpoint.js';
import type { DecoderState } from '../decoder/decoder-state.js';
import type { RunFolder } from './run-folder.js';

/** Checkpoints as files of a run's folder. */
export function checkpointFiles(folder: RunFolder): CheckpointStore {
  return {
    read: (layer) => readCheckpoint(folder.checkpoint(layer)),
    write: (layer, checkpoint) => writeCheckpoint(folder.checkpoint(layer), checkpoint),
  };
}

const BEST = 'best.';

/** Writes a checkpoint in one step: a reader sees the old one or this one, complete. */
export async function writeCheckpoint(path: string, { progress, state, best }: Checkpoint): Promise<void> {
  const tensors = new Map(state.tensors);
  for (const [name, tensor] of best) tensors.set(BEST + name, tensor);
  const text = JSON.stringify(progress);
  const metadata = { progress: text, sha256: digest(text, tensors) };
  await writeFileAtomically(path, writeSafetensors(tensors, metadata));
}

/** The checkpoint at a path, or undefined when there is none. @throws ResumeError when it cannot be used */
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
    throw new ResumeError(`the checkpoint "${path}" is damaged; delete it, or train again without resuming`, {
      cause,
      details: { option: 'resume' },
    });
  }
}

/** Over everything that training continues from: a wrong bit must not go unnoticed, since the result would be another. */
function digest(progress: string, tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256').update(progress);
  for (const [name, { type, dims, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name} ${type} ${dims}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
