import {
  ConfigurationError,
  type DetectorConfiguration,
  type DetectorConfigurationInput,
  detectorConfigurationSchema,
  JOB_PRESETS,
  type JobPreset,
  scheduleFields,
} from '@cflow/spec';
import * as z from 'zod';
import type { Schedule } from './learning-rate.js';

/** Names of the presets, as options and jobs have them. */
export const PRESETS = JOB_PRESETS;
export type Preset = JobPreset;

/** How a detector is trained: everything a preset decides beyond the detector's own configuration. */
export interface TrainingPlan {
  preset: Preset;
  epochs: number;
  /**
   * Small data sets get more epochs than `epochs`, until the finest layer takes this many optimizer steps: it is steps
   * that a decoder learns by. Null: `epochs` as they are.
   */
  leastSteps: number | null;
  /** Images whose fibers are shuffled together. */
  imageBatchSize: number;
  /** Whether the last images of an epoch, too few for a batch, are left out. */
  dropLastImages: boolean;
  /**
   * Which fibers make a batch. `random`: any, as in the reference. `grid`: those of a grid of positions, each of a random
   * image, which makes the condition nearly free; sizes are then about `fiberBatchSize`.
   */
  batches: 'random' | 'grid';
  /**
   * What becomes of fibers that are too few for one more batch: the last batch takes them too, or they are left out.
   * Read where `batches` is `random`; a grid leaves out the fibers of images that do not fill its last group.
   */
  remainder: 'merge' | 'drop';
  /**
   * Where a batch of images has fewer fibers than `fiberBatchSize`: an error, as in the reference, or one smaller batch
   * of them all. Read where `batches` is `random`; a grid takes no more images than there are.
   */
  oversize: 'error' | 'shrink';
  /**
   * Whether coarser layers get smaller fiber batches, by the root of their share of positions: they have fewer fibers,
   * and would otherwise take too few steps. False: every layer takes `fiberBatchSize`, as the reference does.
   */
  scaleFibers: boolean;
  /**
   * Whether wider decoders learn at a lower rate, `lr` times 256 over the width of their hidden layers: with Adam what a
   * step changes grows with the width (Yang et al., Tensor Programs V, 2022). False: `lr` for all, as in the reference.
   */
  scaleRate: boolean;
  schedule: Schedule;
  /**
   * What a decoder starts from: `reference`, random weights and global scales of 1; or `normalized`, where in addition
   * every block's global scale and offset are set from a sample of the features, and the first block only standardizes
   * (of decoders with more than one).
   */
  initialization: 'reference' | 'normalized';
  /** Share of the good images that is held out for validation and calibration, in [0, 0.5]. */
  validationFraction: number;
  /** Share of the good images, in [0, 0.4], that are taken for bad ones: the most unusual are left out before anything is made. */
  contamination: number;
  /** Epochs without a better held-out likelihood after which a decoder stops; null: never. */
  patience: number | null;
  /** Which parameters are kept: those of the best held-out likelihood, or the last. */
  keep: 'best' | 'last';
}

interface PresetDefinition {
  configuration: DetectorConfigurationInput;
  plan: Omit<TrainingPlan, 'preset'>;
}

const NO_TRAINING: Omit<TrainingPlan, 'preset'> = {
  epochs: 0,
  leastSteps: null,
  imageBatchSize: 1,
  dropLastImages: false,
  batches: 'random',
  remainder: 'merge',
  oversize: 'shrink',
  scaleFibers: false,
  scaleRate: false,
  schedule: { kind: 'constant' },
  initialization: 'reference',
  validationFraction: 0,
  contamination: 0,
  patience: null,
  keep: 'last',
};

const DEFINITIONS: Readonly<Record<Preset, PresetDefinition>> = {
  // No gradients, and no image held out: each is compared with the others.
  memory: { configuration: { method: 'memory' }, plan: NO_TRAINING },
  // The reference's recipe: fibers of 64 within batches of 32 images, constant rate, all epochs.
  anomalib: {
    configuration: { fiberBatchSize: 64, lr: 1e-4, permuteSoft: false },
    plan: {
      epochs: 50,
      leastSteps: null,
      imageBatchSize: 32,
      dropLastImages: false,
      batches: 'random',
      remainder: 'merge',
      oversize: 'error',
      scaleFibers: false,
      scaleRate: false,
      schedule: { kind: 'constant' },
      initialization: 'reference',
      validationFraction: 0.1,
      contamination: 0,
      patience: null,
      keep: 'last',
    },
  },
  // The original repository's: 25 meta-epochs of 8 epochs.
  paper: {
    configuration: { fiberBatchSize: 256, lr: 2e-4, permuteSoft: true },
    plan: {
      epochs: 200,
      leastSteps: null,
      imageBatchSize: 32,
      dropLastImages: true,
      batches: 'random',
      remainder: 'drop',
      oversize: 'error',
      scaleFibers: false,
      scaleRate: false,
      schedule: { kind: 'paper', subEpochs: 8, warmupEpochs: 2 },
      initialization: 'reference',
      validationFraction: 0.1,
      contamination: 0,
      patience: null,
      keep: 'last',
    },
  },
  // Large fiber batches at a high rate that falls to nearly nothing: the arithmetic of an epoch without its overhead.
  fast: {
    configuration: { fiberBatchSize: 512, lr: 1e-2, permuteSoft: false },
    plan: {
      epochs: 2,
      leastSteps: 750,
      imageBatchSize: 64,
      dropLastImages: false,
      batches: 'grid',
      remainder: 'merge',
      oversize: 'shrink',
      scaleFibers: true,
      scaleRate: true,
      schedule: { kind: 'cosine', warmup: 0.05, final: 0.01 },
      initialization: 'normalized',
      // Twice the others': what is learnt from them, thresholds and when to stop, is worth a tenth of the images.
      validationFraction: 0.2,
      contamination: 0,
      patience: 3,
      keep: 'best',
    },
  },
};

/** What a caller may set of a plan. */
export const planOverridesSchema = z.strictObject({
  epochs: scheduleFields.epochs.optional(),
  imageBatchSize: scheduleFields.imageBatchSize.optional(),
  validationFraction: scheduleFields.validationFraction.optional(),
  contamination: scheduleFields.contamination.optional(),
  patience: scheduleFields.patience.optional(),
});
export type PlanOverrides = z.infer<typeof planOverridesSchema>;

/**
 * A preset with what the caller set instead.
 * @throws ConfigurationError that names each option that cannot work
 */
export function planTraining(
  preset: Preset,
  configuration: DetectorConfigurationInput = {},
  overrides: PlanOverrides = {},
): { configuration: DetectorConfiguration; plan: TrainingPlan } {
  const definition = DEFINITIONS[preset];
  if (!definition) {
    throw new ConfigurationError(`there is no preset "${preset}"; choose one of ${PRESETS.join(', ')}`);
  }
  checkMethod(preset, configuration, overrides);
  return {
    configuration: withTiles(
      parse(detectorConfigurationSchema, { ...definition.configuration, ...defined(configuration) }),
    ),
    plan: {
      preset,
      ...definition.plan,
      // Who names the epochs gets them.
      ...(overrides.epochs !== undefined && { leastSteps: null }),
      ...defined(parse(planOverridesSchema, overrides)),
    },
  };
}

/** Pixels of a tile along each side, where nobody says. */
const TILE = 256;

/** A configuration as bundles have it: with the size of tiles where there are any, and without the geometry that is usual. */
function withTiles({ geometry, tileSize, ...rest }: DetectorConfiguration): DetectorConfiguration {
  if (tileSize && geometry !== 'tiles') {
    throw new ConfigurationError(
      `a size of tiles was given, and the geometry is ${geometry ?? 'squeeze'}; leave it out, or choose the geometry tiles`,
      { details: { option: 'tileSize', geometry: geometry ?? 'squeeze' } },
    );
  }
  if (geometry === undefined || geometry === 'squeeze') return rest;
  if (geometry !== 'tiles') return { ...rest, geometry };
  const [height, width] = rest.inputSize;
  return { ...rest, geometry, tileSize: tileSize ?? [Math.min(TILE, height), Math.min(TILE, width)] };
}

/** @throws ConfigurationError where the configuration asks for another method than the preset has, or a memory for training */
function checkMethod(preset: Preset, { method }: DetectorConfigurationInput, overrides: PlanOverrides): void {
  const own = preset === 'memory' ? 'memory' : 'flow';
  if (method !== undefined && method !== own) {
    throw new ConfigurationError(
      `the preset "${preset}" is a ${own}, and the method ${method} was asked for; leave one of them out`,
    );
  }
  const idle = Object.keys(defined(overrides)).filter((option) => option !== 'contamination');
  if (own === 'flow' || idle.length === 0) return;
  throw new ConfigurationError(
    `a memory is not trained, so ${idle.join(', ')} would decide nothing; leave it out, or choose a preset that trains a flow`,
    { details: { options: idle } },
  );
}

/** More epochs than this teach a handful of images by heart. */
const MOST_EPOCHS = 100;

/** The plan with the epochs that its number of steps asks for. */
export function withEnoughSteps(plan: TrainingPlan, stepsPerEpoch: number): TrainingPlan {
  if (plan.leastSteps === null) return plan;
  const wanted = Math.ceil(plan.leastSteps / Math.max(1, stepsPerEpoch));
  return { ...plan, epochs: Math.max(plan.epochs, Math.min(MOST_EPOCHS, wanted)) };
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  );
  throw new ConfigurationError(`the configuration cannot work: ${problems.join('; ')}`, {
    details: { problems },
  });
}

/** Without the keys that are undefined, so that an option left out does not hide the preset's. */
function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
