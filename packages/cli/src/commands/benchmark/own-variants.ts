import { openBackbone } from '@cflow/model/node';
import { ConfigurationError, presetFor } from '@cflow/spec';
import { type Preset, planTraining } from '@cflow/training';
import { checkTraining } from '@cflow/training/node';
import { detectorConfiguration, planOverrides } from '../../options/detector-configuration.js';
import type { DetectorFlags, ScheduleFlags } from '../../options/detector-options.js';
import { imageLimits } from '../../options/image-limit-options.js';
import type { Variant } from './cell.js';
import type { BenchmarkFlags } from './flags.js';
import { measureDetector } from './measure-detector.js';
import type { VariantFlags } from './variant-option.js';
import type { ResolvedFlags } from './with-backbones.js';

/** One variant as the command line gives it: everything but the seed. */
export type NamedFlags = VariantFlags &
  Pick<BenchmarkFlags, 'strict' | 'featureCacheBytes' | 'maxMegapixels' | 'device'> & { name: string };

/**
 * The detectors that are compared: each backbone with each preset, or those that are named one by one.
 * @throws ConfigurationError for options that cannot work; WeightsError for weights that are missing or do not fit
 */
export async function ownVariants(flags: ResolvedFlags): Promise<Variant[]> {
  return Promise.all(namedFlags(flags).map(ownVariant));
}

async function ownVariant(flags: NamedFlags): Promise<Variant> {
  const { name, backbone, preset, weights, precision } = flags;
  const configuration = { ...detectorConfiguration(flags), backbone };
  const overrides = planOverrides(flags);
  const preTrained = flags.preTrained !== false;
  await checkTraining({ preset, configuration, overrides, weights, precision, device: flags.device });
  const { origin } = await openBackbone({ name: backbone, weights, preTrained, seed: 0 });
  return {
    name,
    kind: 'detector',
    backbone,
    preset,
    identity: (seed) => ({
      backbone: origin,
      ...planTraining(preset, { ...configuration, seed }, overrides),
      precision,
    }),
    measure: (task) =>
      measureDetector(task, {
        preset,
        configuration,
        overrides,
        weights,
        precision,
        strict: flags.strict,
        limits: imageLimits(flags),
        featureBytes: flags.featureCacheBytes,
      }),
  };
}

/** @throws ConfigurationError for weights, layers or variants that do not say which backbone they are for */
export function namedFlags({
  backbones,
  presets,
  weights,
  variant: variants,
  ...common
}: ResolvedFlags): NamedFlags[] {
  if (weights !== undefined && weights.length !== backbones.length) {
    throw new ConfigurationError(
      `--weights takes one file per backbone, in the order of --backbones: expected ${backbones.length}, got ${weights.length}`,
    );
  }
  if (common.layers !== undefined && backbones.length > 1) {
    throw new ConfigurationError(
      `--layers are those of one backbone, and ${backbones.length} were given: run one benchmark per backbone, or name each with --variant`,
    );
  }
  if (!variants) {
    return (presets ?? [usualPreset(common)]).flatMap((preset) =>
      backbones.map((backbone, i) => ({
        ...common,
        name: `${backbone}, ${preset}`,
        backbone,
        weights: weights?.[i],
        preset,
      })),
    );
  }
  if (backbones.length > 1 || (presets?.length ?? 0) > 1) {
    throw new ConfigurationError(
      'each --variant is the detector of the other options, except for its own: give at most one of --backbones and of --presets with it',
    );
  }
  const names = variants.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ConfigurationError(`two variants are called "${twice}": give each a name of its own`);
  }
  return variants.map(({ name, flags }) => {
    const backbone = flags.backbone ?? (backbones[0] as string);
    const { layers, ...rest } = common;
    // Layers and weights belong to one backbone: another one has its own.
    const ofBackbone = backbone === backbones[0] ? { weights: weights?.[0], ...(layers && { layers }) } : {};
    const own = { ...rest, ...ofBackbone, ...flags, name, backbone };
    return { ...own, preset: flags.preset ?? presets?.[0] ?? usualPreset(own) };
  });
}

const usualPreset = (flags: DetectorFlags & ScheduleFlags): Preset =>
  presetFor({ ...detectorConfiguration(flags), ...planOverrides(flags) });
