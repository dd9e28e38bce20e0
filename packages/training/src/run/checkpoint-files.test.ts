import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initialParameters } from '@cflow/model';
import { ResumeError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, initialProgress } from '../decoder/checkpoint.js';
import { initialState, parametersOf } from '../decoder/decoder-state.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint-files.js';

const folder = temporaryFolder();
const path = join(folder, 'checkpoint.safetensors');

const shape = {
  kind: 'freia-cflow',
  channels: 6,
  conditionVector: 4,
  couplingBlocks: 2,
  clampAlpha: 1.9,
  permuteSoft: false,
} as const;

function checkpoint(): Checkpoint {
  const state = initialState(shape, initialParameters(shape, 3, 'layer'));
  state.steps = 17;
  return {
    progress: {
      ...initialProgress(),
      epoch: 2,
      batch: 1,
      step: 5,
      steps: 17,
      lossSum: 0.1 + 0.2,
      lossCount: 3,
      history: [
        { loss: 1 / 3, heldOut: null },
        { loss: 0.1, heldOut: -2.5 },
      ],
      bestEpoch: 1,
    },
    state,
    best: parametersOf(shape, state),
  };
}

describe('a checkpoint', () => {
  it('comes back as it was, to the bit', async () => {
    const written = checkpoint();
    await writeCheckpoint(path, written);
    expect(await readCheckpoint(path)).toEqual(written);
  });

  it('holds its tensors in memory of their own', async () => {
    await writeCheckpoint(path, checkpoint());
    const read = await readCheckpoint(path);
    for (const { data } of read?.state.tensors.values() ?? []) {
      expect(data.byteLength).toBe(data.buffer.byteLength);
    }
  });

  it('is none where there is none', async () => {
    expect(await readCheckpoint(join(folder, 'nothing'))).toBeUndefined();
  });

  it('that is damaged says so, wherever the damage is', async () => {
    await writeCheckpoint(path, checkpoint());
    const bytes = await readFile(path);
    const damaged = join(folder, 'damaged');
    const places = Array.from({ length: 40 }, (_, i) => Math.floor((i * (bytes.length - 1)) / 39));
    for (const at of places) {
      const copy = Buffer.from(bytes);
      copy[at] = copy[at]! ^ 4;
      await writeFile(damaged, copy);
      await expect(readCheckpoint(damaged)).rejects.toThrow(ResumeError);
      await expect(readCheckpoint(damaged)).rejects.toThrow(
        /is damaged; delete it, or train again without resuming/,
      );
    }
    for (const part of [bytes.subarray(0, -1), bytes.subarray(0, 4), Buffer.alloc(0), Buffer.from('{}')]) {
      await writeFile(damaged, part);
      await expect(readCheckpoint(damaged)).rejects.toThrow(/is damaged/);
    }
  });

  it('that cannot be written leaves the one before', async () => {
    await writeCheckpoint(path, checkpoint());
    const blocked = join(folder, 'blocked');
    await mkdir(blocked);
    await expect(writeCheckpoint(blocked, checkpoint())).rejects.toMatchObject({ name: 'StorageError' });
    expect(await readCheckpoint(path)).toEqual(checkpoint());
  });
});
