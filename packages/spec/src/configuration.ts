import * as z from 'zod';

/** Decoders of the original paper's code. `freia-cflow` is conditioned on the position, `freia-flow` is not. */
export const DECODERS = ['freia-cflow', 'freia-flow'] as const;

/**
 * How the likelihoods of the layers become one map. `likelihood`: their sum, each relative to its highest, as the
 * reference has it. `standardized`: each relative to what good images have at the same place.
 */
export const FUSIONS = ['likelihood', 'standardized'] as const;
export type Fusion = (typeof FUSIONS)[number];

const positive = z.number().int().positive();

/**
 * The detector's configuration: every parameter of the reference's `Cflow`, with the same meaning and default,
 * and what a detector needs to be the same everywhere (input size, seed).
 */
export const detectorConfigurationSchema = z.strictObject({
  /** `embedded`, a built-in architecture such as `resnet18`, or `onnx` for an ONNX file of one's own. */
  backbone: z.string().min(1).default('embedded').describe('name of the feature extractor'),
  /** Layers whose feature maps are used, shallow to deep. Empty: the backbone's default taps. */
  layers: z.array(z.string().min(1)).default([]).describe('layers to tap, shallow to deep'),
  /** False: seeded random initialisation of the backbone. */
  preTrained: z.boolean().default(true).describe('use pre-trained weights for the backbone'),
  fiberBatchSize: positive.default(64).describe('fibres (feature vectors) per optimiser step'),
  decoder: z.enum(DECODERS).default('freia-cflow').describe('kind of decoder'),
  conditionVector: z
    .number()
    .int()
    .positive()
    .multipleOf(4, 'the condition vector needs a multiple of 4: sine and cosine for each of two axes')
    .default(128)
    .describe('length of the positional encoding, a multiple of 4'),
  couplingBlocks: positive.default(8).describe('coupling blocks per decoder'),
  clampAlpha: z.number().positive().default(1.9).describe('clamp of the log scale'),
  permuteSoft: z.boolean().default(false).describe('random rotation instead of a random permutation'),
  fusion: z.enum(FUSIONS).default('likelihood').describe('how the layers become one anomaly map'),
  lr: z
    .number()
    .positive()
    .default(1e-4)
    .describe(
      'learning rate of Adam; of the preset fast at a hidden width of 256, scaled by 256 over the width of each decoder',
    ),
  /** `[height, width]` in pixels that images are resized to. */
  inputSize: z.tuple([positive, positive]).default([256, 256]).describe('height and width in pixels'),
  seed: z.number().int().nonnegative().max(0xffffffff).default(0).describe('seed of every random choice'),
});

export type DetectorConfiguration = z.infer<typeof detectorConfigurationSchema>;
export type DetectorConfigurationInput = z.input<typeof detectorConfigurationSchema>;
