import { checkRegionGeometry } from '@cflow/detector/node';
import { type Canvas, isSameShape, pictureRegion } from '@cflow/images';
import { decodeMask, type ImageLimits } from '@cflow/images/node';
import { type DataSetReport, ImageError, type PictureRegion } from '@cflow/spec';

/**
 * The region that a mask marks, on the grid of the input. Pictures and mask must have one shape, at whatever scale.
 * @throws ImageError that names the mask; ConfigurationError for a geometry that moves pictures about on the input
 */
export async function readRegion(
  path: string,
  { sizes }: Pick<DataSetReport, 'sizes'>,
  { inputSize: [height, width], geometry }: Canvas,
  limits: ImageLimits | undefined,
): Promise<PictureRegion> {
  checkRegionGeometry(geometry);
  const mask = await decodeMask(path, limits);
  for (const [w, h] of sizes ? [sizes.smallest, sizes.largest] : []) {
    if (isSameShape(mask, { width: w, height: h })) continue;
    throw new ImageError(
      `${path}: the region is ${mask.width}x${mask.height}, and there are images of ${w}x${h}; expected one shape, at any scale`,
      { details: { reason: 'unusable-mask', mask: [mask.width, mask.height], image: [w, h] } },
    );
  }
  try {
    return pictureRegion(mask, width, height);
  } catch (error) {
    if (!ImageError.isInstance(error)) throw error;
    throw new ImageError(`${path}: ${error.message}`, { details: error.details, cause: error });
  }
}
