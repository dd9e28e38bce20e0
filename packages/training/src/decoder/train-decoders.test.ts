import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asCard } from '@cflow/detector/testing';
import { createNodeRuntime } from '@cflow/runtime/node';
import { StorageError, TrainingError } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkFiberBatches } from '../batches/layer-steps.js';
import type { TrainingEvent } from '../events.js';
import { planTraining } from '../plan/plan.js';
import type { TrainingDevice } from '../prepare/training-device.js';
import { readCheckpoint } from '../run/checkpoint-files.js';
import { cpu, type FeatureRun, type FeatureRunOptions, featureRun } from '../testing/feature-run.js';
import { spoiledDevice } from '../testing/spoiled-device.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const root = temporaryFolder();
let whole: FeatureRun;
beforeAll(async () => {
  whole = await featureRun(join(root, 'whole'));
});
const stop = new Error('told to stop');

let count = 0;
const place = (): string => join(root, `${count++}`);

/** Starts a run and stops it at the n-th event of a type. */
async function interrupted(
  output: string,
  type: TrainingEvent['type'],
  n: number,
  options: FeatureRunOptions = {},
): Promise<void> {
  const controller = new AbortController();
  let seen = 0;
  const onEvent = (event: TrainingEvent): void => {
    if (event.type === type && ++seen === n) controller.abort(stop);
  };
  const run = featureRun(output, { ...options, signal: controller.signal, onEvent });
  await expect(run).rejects.toBe(stop);
}

describe('trainDecoders', () => {
  it('trains every layer for all epochs, and gets better at images it has not seen', () => {
    const epochs = whole.events.filter((event) => event.type === 'epoch');
    expect(epochs.length).toBe(9);
    for (const decoder of whole.decoders) {
      expect(decoder.history.length).toBe(3);
      const heldOut = decoder.history.map((record) => record.heldOut as number);
      expect(heldOut[2]).toBeLessThan(heldOut[0]!);
      expect(decoder.history[2]?.loss).toBeLessThan(decoder.history[0]?.loss as number);
      expect(decoder.bestEpoch).toBe(heldOut.indexOf(Math.min(...heldOut)));
    }
    const progress = whole.events.filter((event) => event.type === 'progress');
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBeCloseTo(1, 9);
  });

  it('gives the same bits again', async () => {
    expect((await featureRun(place())).decoders).toEqual(whole.decoders);
  });

  it('gives other bits for another seed', async () => {
    const other = await featureRun(place(), { configuration: { seed: 1 } });
    expect(other.decoders).not.toEqual(whole.decoders);
  });

  it.each([
    ['progress', 1],
    ['progress', 4],
    ['progress', 11],
    ['epoch', 1],
    ['epoch', 5],
    ['checkpoint', 3],
    ['checkpoint', 9],
  ] as const)('stopped at %s %i and resumed, gives the same bits', async (type, n) => {
    const output = place();
    await interrupted(output, type, n);
    const { decoders, events } = await featureRun(output, { resume: true });
    expect(decoders).toEqual(whole.decoders);
    expect(events[0]?.type).toBe('resume');
  });

  it('stopped again and again, gives the same bits, and never repeats a step', async () => {
    const output = place();
    const steps: number[] = [];
    for (let i = 0; i < 4; i++) {
      await interrupted(output, 'progress', 2, { resume: i > 0 });
      const checkpoints = await Promise.all(
        [0, 1, 2].map((layer) => readCheckpoint(checkpointOf(output, layer))),
      );
      steps.push(checkpoints.reduce((sum, checkpoint) => sum + (checkpoint?.progress.steps ?? 0), 0));
    }
    // All that was done is on disk each time.
    for (let i = 1; i < 4; i++) expect(steps[i]).toBeGreaterThan(steps[i - 1]!);
    expect((await featureRun(output, { resume: true })).decoders).toEqual(whole.decoders);
  });

  it('has nothing left to do when a finished run is resumed', async () => {
    const output = place();
    await featureRun(output);
    const { decoders, events } = await featureRun(output, { resume: true });
    expect(decoders).toEqual(whole.decoders);
    expect(events).toEqual([{ type: 'resume', epoch: 3 }]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'that meets a loss of %d stops, and goes on from the last checkpoint',
    async (loss) => {
      const output = place();
      let epochs = 0;
      const device = spoiledDevice(cpu, loss, () => epochs >= 4);
      const onEvent = (event: TrainingEvent): void => {
        if (event.type === 'epoch') epochs += 1;
      };
      const error = await featureRun(output, { device, onEvent }).catch((found: unknown) => found);
      expect(error).toBeInstanceOf(TrainingError);
      expect((error as Error).message).toMatch(
        new RegExp(
          `layer (fine|middle|coarse) diverged at step \\d+ with learning rate [\\d.e-]+.*: the loss became ${loss}`,
        ),
      );
      const checkpoints = await Promise.all(
        [0, 1, 2].map((layer) => readCheckpoint(checkpointOf(output, layer))),
      );
      for (const checkpoint of checkpoints) {
        for (const { data } of checkpoint?.state.tensors.values() ?? []) {
          if (data instanceof Float32Array) expect(data.every(Number.isFinite)).toBe(true);
        }
      }
      expect(checkpoints.filter(Boolean).length).toBeGreaterThan(0);
      expect((await featureRun(output, { resume: true })).decoders).toEqual(whole.decoders);
    },
  );

  it('diverges at a rate that is absurd', async () => {
    const error = await featureRun(place(), { configuration: { lr: 1e6 }, overrides: { epochs: 50 } }).catch(
      (found: unknown) => found,
    );
    expect(error).toBeInstanceOf(TrainingError);
    expect((error as Error).message).toMatch(/diverged at step \d+ .*learning rate/);
  });

  it('says that what was reached could not be saved, rather than that it was stopped', async () => {
    const output = place();
    const controller = new AbortController();
    const onEvent = async (event: TrainingEvent): Promise<void> => {
      if (event.type !== 'progress' || controller.signal.aborted) return;
      controller.abort(stop);
    };
    // A folder in the place of each checkpoint: they cannot be written.
    await featureRun(output);
    for (const layer of [0, 1, 2]) await rm(checkpointOf(output, layer));
    const blocked = featureRun(output, {
      resume: true,
      signal: controller.signal,
      onEvent: (event) => void onEvent(event),
      device: {
        ...cpu,
        async createRuntime() {
          for (const layer of [0, 1, 2]) await mkdir(checkpointOf(output, layer), { recursive: true });
          return cpu.createRuntime();
        },
      },
    });
    await expect(blocked).rejects.toThrow(StorageError);
  });

  it('trains decoders side by side on a card, and on cards of their own where there are several', async () => {
    const places: (number | undefined)[] = [];
    const [here, there] = [place(), place()];
    const card = asCard({
      device: 'cpu',
      description: 'the CPU',
      createRuntime: async () => createNodeRuntime({ device: 'cpu', threads: 1 }),
    });
    const device: TrainingDevice = {
      device: 'cuda',
      refused: [],
      threads: 3,
      createRuntime: (which) => {
        places.push(which);
        return card.createRuntime();
      },
    };
    const alone = await featureRun(here);
    const found = await featureRun(there, { device });
    expect(places).toEqual([0, 1, 2]);
    // With the state in rows there, and to the bit.
    expect(found.decoders).toEqual(alone.decoders);
  });

  it('stops all lanes when one cannot start', async () => {
    const broken = new Error('no thread for you');
    let made = 0;
    const device = {
      ...cpu,
      createRuntime: () => (made++ === 1 ? Promise.reject(broken) : cpu.createRuntime()),
    };
    const output = place();
    await expect(featureRun(output, { device, overrides: { epochs: 1000 } })).rejects.toBe(broken);
  });

  it('stops a decoder that gets no better, and keeps its best epoch', async () => {
    const { decoders, events } = await featureRun(place(), {
      configuration: { lr: 0.05 },
      overrides: { epochs: 60, patience: 2 },
      plan: { schedule: { kind: 'constant' }, keep: 'best' },
    });
    const stopped = events.filter((event) => event.type === 'epoch' && event.stopped);
    expect(stopped.length).toBeGreaterThan(0);
    for (const { history, bestEpoch } of decoders) {
      const heldOut = history.map((record) => record.heldOut as number);
      expect(bestEpoch).toBe(heldOut.indexOf(Math.min(...heldOut)));
      if (history.length < 60) expect(history.length).toBe(bestEpoch + 3);
    }
  });

  it('keeps the last epoch where nothing is held out, or where the recipe says so', async () => {
    const nothing = await featureRun(place(), { heldOut: 0, overrides: { patience: 1 } });
    for (const { history, bestEpoch } of nothing.decoders) {
      expect(history.map(({ heldOut }) => heldOut)).toEqual([null, null, null]);
      expect(bestEpoch).toBe(2);
    }
    const last = await featureRun(place(), { plan: { keep: 'last' }, configuration: { lr: 0.1 } });
    for (const { bestEpoch } of last.decoders) expect(bestEpoch).toBe(2);
  });

  it('trains on a number of threads that changes no loss by more than rounding', async () => {
    const single = await featureRun(place(), { device: { ...cpu, threads: 1 } });
    single.decoders.forEach(({ history }, layer) => {
      history.forEach(({ loss }, epoch) => {
        expect(loss).toBeCloseTo(whole.decoders[layer]?.history[epoch]?.loss as number, 4);
      });
    });
  });
});

describe('checkFiberBatches', () => {
  const decoder = {
    kind: 'freia-flow',
    channels: 4,
    conditionVector: 0,
    couplingBlocks: 1,
    clampAlpha: 1.9,
    permuteSoft: false,
  } as const;
  const layers = [
    { name: 'fine', channels: 4, height: 8, width: 8, decoder },
    { name: 'coarse', channels: 4, height: 2, width: 2, decoder },
  ];
  const { configuration, plan } = planTraining('anomalib', {}, { imageBatchSize: 16 });
  const check = (images: number) => () => checkFiberBatches({ layers, plan, configuration }, images);

  it('finds the layer of which some batch of images has too few fibers for one step', () => {
    expect(check(32)).not.toThrow();
    expect(check(16)).not.toThrow();
    expect(check(8)).toThrow(TrainingError);
    expect(check(8)).toThrow(
      /fiber batch of 64 is larger than the 32 fibers that a batch of 8 images has in layer coarse/,
    );
    // The last batch of an epoch counts too, unless it is left out or batches may shrink.
    expect(check(33)).toThrow(/larger than the 4 fibers that a batch of 1 images/);
    const dropping = { layers, configuration, plan: { ...plan, dropLastImages: true } };
    expect(() => checkFiberBatches(dropping, 33)).not.toThrow();
    const shrinking = { layers, configuration, plan: { ...plan, oversize: 'shrink' as const } };
    expect(() => checkFiberBatches(shrinking, 2)).not.toThrow();
  });
});

const checkpointOf = (output: string, layer: number): string =>
  join(`${output}.training`, `checkpoint-${layer}.safetensors`);
