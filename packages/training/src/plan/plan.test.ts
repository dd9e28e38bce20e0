import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { PRESETS, type Preset, planTraining, withEnoughSteps } from './plan.js';

describe('planTraining', () => {
  it("anomalib is the reference's recipe", () => {
    const { configuration, plan } = planTraining('anomalib');
    expect(configuration).toMatchObject({
      fiberBatchSize: 64,
      decoder: 'freia-cflow',
      conditionVector: 128,
      couplingBlocks: 8,
      clampAlpha: 1.9,
      permuteSoft: false,
      lr: 1e-4,
    });
    expect(plan).toMatchObject({
      epochs: 50,
      imageBatchSize: 32,
      dropLastImages: false,
      remainder: 'merge',
      oversize: 'error',
      scaleFibers: false,
      batches: 'random',
      initialization: 'reference',
      scaleRate: false,
      schedule: { kind: 'constant' },
      keep: 'last',
    });
  });

  it("paper is the original repository's recipe", () => {
    const { configuration, plan } = planTraining('paper');
    expect(configuration).toMatchObject({
      fiberBatchSize: 256,
      couplingBlocks: 8,
      clampAlpha: 1.9,
      permuteSoft: true,
      lr: 2e-4,
    });
    expect(plan).toMatchObject({
      epochs: 25 * 8,
      imageBatchSize: 32,
      dropLastImages: true,
      remainder: 'drop',
      oversize: 'error',
      scaleFibers: false,
      schedule: { kind: 'paper', subEpochs: 8, warmupEpochs: 2 },
      batches: 'random',
      initialization: 'reference',
      scaleRate: false,
      keep: 'last',
    });
  });

  it.each(PRESETS.filter((preset) => preset !== 'memory'))(
    '%s takes what the caller sets instead, and nothing from what is left out',
    (preset) => {
      const before = planTraining(preset);
      const undefinedOptions = { lr: undefined, layers: undefined } as never;
      expect(planTraining(preset, undefinedOptions, { patience: undefined })).toEqual(before);
      const { configuration, plan } = planTraining(
        preset,
        { lr: 0.5, seed: 7 },
        { epochs: 3, imageBatchSize: 5, validationFraction: 0, patience: null },
      );
      expect(configuration).toEqual({ ...before.configuration, lr: 0.5, seed: 7 });
      expect(plan).toMatchObject({
        preset,
        epochs: 3,
        imageBatchSize: 5,
        validationFraction: 0,
        patience: null,
        schedule: before.plan.schedule,
      });
      // Who names the epochs gets them.
      expect(withEnoughSteps(plan, 1).epochs).toBe(3);
    },
  );

  it('takes a memory as it is, which nothing trains', () => {
    expect(planTraining('memory', { seed: 7 }).configuration).toMatchObject({ method: 'memory', seed: 7 });
    expect(planTraining('memory').plan).toMatchObject({ preset: 'memory', epochs: 0, validationFraction: 0 });
    expect(() => planTraining('memory', {}, { epochs: 3, patience: null })).toThrow(
      /a memory is not trained, so epochs, patience would decide nothing/,
    );
    expect(() => planTraining('memory', { method: 'flow' })).toThrow(/the preset "memory" is a memory/);
    expect(() => planTraining('fast', { method: 'memory' })).toThrow(/the preset "fast" is a flow/);
  });

  it('refuses what cannot work, naming each option', () => {
    expect(() => planTraining('slow' as Preset)).toThrow(
      /no preset "slow"; choose one of memory, fast, anomalib, paper/,
    );
    const wrong = () => planTraining('fast', { conditionVector: 30, lr: -1, decoder: 'x' as never });
    expect(wrong).toThrow(ConfigurationError);
    expect(wrong).toThrow(/conditionVector: .*multiple of 4.*|lr: /);
    for (const name of ['conditionVector', 'lr', 'decoder']) expect(wrong).toThrow(new RegExp(`${name}: `));
    expect(() => planTraining('fast', { blocks: 4 } as never)).toThrow(/blocks/);
    for (const overrides of [
      { epochs: 0 },
      { epochs: 1.5 },
      { imageBatchSize: 0 },
      { validationFraction: 0.6 },
      { patience: 0 },
      { epoch: 1 } as never,
    ]) {
      expect(() => planTraining('fast', {}, overrides)).toThrow(ConfigurationError);
    }
  });
});

describe('withEnoughSteps', () => {
  const { plan } = planTraining('anomalib');

  it('adds epochs until there are as many steps as wanted, within bounds', () => {
    const wanting = { ...plan, epochs: 4, leastSteps: 1000 };
    expect(withEnoughSteps(wanting, 100).epochs).toBe(10);
    expect(withEnoughSteps(wanting, 101).epochs).toBe(10);
    expect(withEnoughSteps(wanting, 99).epochs).toBe(11);
    expect(withEnoughSteps(wanting, 1000).epochs).toBe(4);
    expect(withEnoughSteps(wanting, 1).epochs).toBe(100);
    expect(withEnoughSteps(wanting, 0).epochs).toBe(100);
    expect(withEnoughSteps(plan, 1)).toEqual(plan);
  });
});
