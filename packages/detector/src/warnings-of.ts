import { sizeWarnings } from '@cflow/images';
import type { BundleManifest, RgbImage } from '@cflow/spec';

/**
 * What is to be said of how an image was scored: what its file does not say, that it is far too small, and that it was looked at whole where it
 * should not be.
 */
export function warningsOf(
  { warnings = [], region, ...size }: Pick<RgbImage, 'width' | 'height' | 'warnings' | 'region'>,
  { regionPerImage, configuration }: Pick<BundleManifest, 'regionPerImage' | 'configuration'>,
): string[] | undefined {
  const all = [
    ...warnings,
    ...sizeWarnings(size, configuration),
    ...(regionPerImage && !region
      ? ['is scored whole, but the detector was trained on a region of each image: give its region']
      : []),
  ];
  return all.length > 0 ? all : undefined;
}
