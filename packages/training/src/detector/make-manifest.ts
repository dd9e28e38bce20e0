import { BUNDLE_FORMAT_VERSION, type BundleLayer, type BundleManifest, type Device } from '@cflow/spec';
import { hashOfBackbone } from '../backbone/training-backbone.js';
import type { PreparedRun } from '../prepare/prepare-run.js';
import type { CalibrationPart } from './calibration-part.js';

/** What a run knows of where a detector comes from. */
export type KnownProvenance = Pick<
  BundleManifest['provenance'],
  'dataSet' | 'trainImages' | 'validationImages' | 'trainingSeconds' | 'versions'
>;

export interface ManifestParts {
  run: PreparedRun;
  calibrated: CalibrationPart;
  layers: readonly BundleLayer[];
  /** Of flows. */
  maxLikelihood?: number;
  epochs: number;
  provenance: KnownProvenance;
  device: Device;
}

/** The manifest of a detector that was just made: without metrics, and without the list of its files. */
export async function makeManifest(parts: ManifestParts): Promise<BundleManifest> {
  const { run, calibrated, layers, maxLikelihood, epochs, provenance, device } = parts;
  const { configuration, plan, backbone: source } = run;
  return {
    formatVersion: BUNDLE_FORMAT_VERSION,
    name: run.name,
    createdAt: new Date().toISOString(),
    // The backbone by its name: a path of this machine says nothing elsewhere.
    configuration: {
      ...configuration,
      backbone: source.name,
      layers: layers.map((layer) => layer.name),
    },
    precision: source.precision,
    backbone: {
      name: source.name,
      sha256: await hashOfBackbone(source),
      source: source.source,
      licence: source.licence,
    },
    layers: [...layers],
    normalization: 'fixed',
    ...(maxLikelihood !== undefined && { maxLikelihood }),
    ...calibrated,
    ...(run.region && { region: run.region }),
    ...(run.regionPerImage && { regionPerImage: true as const }),
    metrics: null,
    provenance: { preset: plan.preset, ...provenance, testImages: 0, epochs, device },
    files: {},
  };
}
