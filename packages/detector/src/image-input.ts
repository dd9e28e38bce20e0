import type { BundleManifest, DetectorConfiguration } from '@cflow/spec';

/** What decides how an image becomes what a detector takes. Detectors that agree in it can be given the same pixels. */
export type ImageInput = Pick<DetectorConfiguration, 'inputSize' | 'geometry' | 'range' | 'outOfRange'> &
  Pick<BundleManifest, 'region'>;

/** What a manifest says of how images come to its detector; keys that are not set are left out. */
export function imageInput({
  configuration,
  region,
}: Pick<BundleManifest, 'configuration' | 'region'>): ImageInput {
  const { inputSize, geometry, range, outOfRange } = configuration;
  return {
    inputSize,
    ...(geometry && { geometry }),
    ...(range && { range }),
    ...(outOfRange && { outOfRange }),
    ...(region && { region }),
  };
}
