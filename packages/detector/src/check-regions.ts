import { type BundleManifest, ConfigurationError, type DataSetItem } from '@cflow/spec';

/**
 * Whether images with regions of their own go with a detector. One that has a region already, or whose geometry moves
 * pictures about on its input, takes none.
 * @throws ConfigurationError
 */
export function checkRegions(
  { configuration: { geometry }, region }: Pick<BundleManifest, 'configuration' | 'region'>,
  items: readonly Pick<DataSetItem, 'regionPath'>[],
): void {
  if (items.every(({ regionPath }) => regionPath === undefined)) return;
  if (region) {
    throw new ConfigurationError(
      'the detector has a region, which its bundle keeps: expected images without regions of their own; leave the region out',
      { details: { option: 'region' } },
    );
  }
  checkRegionGeometry(geometry);
}

/**
 * Checks that a region means the same place in every picture.
 * @throws ConfigurationError for a geometry that moves pictures about on the input
 */
export function checkRegionGeometry(geometry: BundleManifest['configuration']['geometry']): void {
  if (geometry !== 'pad' && geometry !== 'crop') return;
  throw new ConfigurationError(
    `the geometry ${geometry} does not go with a region: expected squeeze or tiles, which bring every picture to the same place; ` +
      'leave the geometry out, or leave out the region',
    { details: { option: 'geometry', geometry } },
  );
}
