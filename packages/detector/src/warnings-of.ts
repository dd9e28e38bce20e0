import type { BundleManifest, RgbImage } from '@cflow/spec';

/** What is to be said of how an image was scored: what its file does not say, and that it was looked at whole where it should not be. */
export function warningsOf(
  { warnings = [], region }: Pick<RgbImage, 'warnings' | 'region'>,
  { regionPerImage }: Pick<BundleManifest, 'regionPerImage'>,
): string[] | undefined {
  const all = [
    ...warnings,
    ...(regionPerImage && !region
      ? ['is scored whole, but the detector was trained on a region of each image: give its region']
      : []),
  ];
  return all.length > 0 ? all : undefined;
}
