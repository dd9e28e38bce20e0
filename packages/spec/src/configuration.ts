import * as z from 'zod';
import { count, MAX_INPUT_SIDE, MAX_LAYERS, MAX_NAME, positiveFloat32, text } from './bounds.js';
import { closedObject } from './closed-object.js';
import { OUT_OF_RANGE, sampleRangeSchema } from './sample-range.js';

/** Decoders of the original paper's code. `freia-cflow` is conditioned on the position, `freia-flow` is not. */
export const DECODERS = ['freia-cflow', 'freia-flow'] as const;

/**
 * How a detector knows what is good. `flow`: a normalizing flow for each layer learns the density of good features.
 * `memory`: rows of good features are kept, and what is far from all of them is anomalous.
 */
export const METHODS = ['flow', 'memory'] as const;
export type Method = (typeof METHODS)[number];

/**
 * How the likelihoods of the layers become one map. `likelihood`: their sum, each relative to its highest, as the
 * reference has it. `standardized`: each relative to what good images have at the same place.
 */
export const FUSIONS = ['likelihood', 'standardized'] as const;
export type Fusion = (typeof FUSIONS)[number];

/**
 * How a picture comes to the input size. `squeeze`: resampled to it, whatever its shape. `pad`: its shape is kept, and what
 * it does not fill is mirrored. `crop`: its shape is kept, and what does not fit is not looked at. `tiles`: as `squeeze`,
 * and the network sees it in overlapping tiles, whose features are put together.
 */
export const GEOMETRIES = ['squeeze', 'pad', 'crop', 'tiles'] as const;
export type Geometry = (typeof GEOMETRIES)[number];

/** What serves where nobody names a backbone: small, of ImageNet, and the best of its size on photographs of parts. */
export const DEFAULT_BACKBONE = 'efficientnet_lite0';

/** Far more than any decoder has: the parameters of one grow with each of them. */
const MAX_CONDITION_VECTOR = 4096;
const MAX_COUPLING_BLOCKS = 256;
/** More than a map of the largest input has places. */
const MAX_FIBER_BATCH: number = 2 ** 24;

const positive = (most: number) => z.number().int().positive().max(most);

/**
 * The detector's configuration: every parameter of the reference's `Cflow`, with the same meaning and default,
 * and what a detector needs to be the same everywhere (input size, seed).
 */
export const detectorConfigurationSchema = closedObject({
  /** `embedded`, a built-in architecture such as `resnet18`, or `onnx` for an ONNX file of one's own. */
  backbone: text(MAX_NAME)
    .min(1)
    .default(DEFAULT_BACKBONE)
    .describe(
      'name of the feature extractor; left out, the default, or embedded where that cannot be fetched',
    ),
  /** Layers whose feature maps are used, shallow to deep. Empty: the backbone's default taps. */
  layers: z
    .array(text(MAX_NAME).min(1))
    .max(MAX_LAYERS)
    .default([])
    .describe('layers to tap, shallow to deep'),
  /** False: seeded random initialization of the backbone. */
  preTrained: z.boolean().default(true).describe('use pre-trained weights for the backbone'),
  method: z
    .enum(METHODS)
    .default('flow')
    .describe('flow: learn the density of good features; memory: keep good features and compare'),
  fiberBatchSize: positive(MAX_FIBER_BATCH)
    .default(64)
    .describe('fibers (feature vectors) per optimizer step'),
  decoder: z.enum(DECODERS).default('freia-cflow').describe('kind of decoder'),
  conditionVector: z
    .number()
    .int()
    .positive()
    .max(MAX_CONDITION_VECTOR)
    .multipleOf(4, 'the condition vector needs a multiple of 4: sine and cosine for each of two axes')
    .default(128)
    .describe('length of the positional encoding, a multiple of 4'),
  couplingBlocks: positive(MAX_COUPLING_BLOCKS).default(8).describe('coupling blocks per decoder'),
  clampAlpha: positiveFloat32().default(1.9).describe('clamp of the log scale'),
  permuteSoft: z.boolean().default(false).describe('random rotation instead of a random permutation'),
  fusion: z.enum(FUSIONS).default('likelihood').describe('how the layers become one anomaly map'),
  lr: positiveFloat32()
    .default(1e-4)
    .describe(
      'learning rate of Adam; of the preset fast at a hidden width of 256, scaled by 256 over the width of each decoder',
    ),
  /** `[height, width]` in pixels that images are resized to. */
  inputSize: z
    .tuple([positive(MAX_INPUT_SIDE), positive(MAX_INPUT_SIDE)])
    .default([256, 256])
    .describe('height and width in pixels'),
  /** In a bundle, left out: `squeeze`. In training: chosen by the shapes of the good images. */
  geometry: z
    .enum(GEOMETRIES)
    .optional()
    .describe(
      'how pictures come to the input size: squeezed, padded, cropped, or in tiles; left out: chosen by their shapes',
    ),
  /** `[height, width]` in pixels of what the network sees at once, where the geometry is `tiles`. */
  tileSize: z
    .tuple([positive(MAX_INPUT_SIDE), positive(MAX_INPUT_SIDE)])
    .optional()
    .describe('height and width of a tile in pixels; left out: 256 by 256'),
  /** Left out: full scale, 0 to 65535 of 16 bits. In training: what the good images show. */
  range: sampleRangeSchema
    .optional()
    .describe('values that samples of more than 8 bits lie between; left out: found over the good images'),
  /** Left out: `warn`. */
  outOfRange: z
    .enum(OUT_OF_RANGE)
    .optional()
    .describe('an image whose samples do not fit the range: taken with a warning (default), or refused'),
  seed: count(0xffffffff).default(0).describe('seed of every random choice'),
});

export type DetectorConfiguration = z.infer<typeof detectorConfigurationSchema>;
export type DetectorConfigurationInput = z.input<typeof detectorConfigurationSchema>;
