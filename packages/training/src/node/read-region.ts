import { resolve } from 'node:path';
import { type Canvas, isSameShape, pictureRegion } from '@cflow/images';
import { decodeMask, type ImageLimits } from '@cflow/images/node';
import {
  ConfigurationError,
  type DataSet,
  type DataSetReport,
  ImageError,
  type PictureRegion,
} from '@cflow/spec';

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
  if (geometry === 'pad' || geometry === 'crop') {
    throw new ConfigurationError(
      `the geometry ${geometry} does not go with a region: expected squeeze or tiles, which bring every picture to the same place; ` +
        'leave the geometry out, or leave out the region',
      { details: { option: 'geometry', geometry } },
    );
  }
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

/** A mask that lies among the images of a data set is none of them. */
export function withoutRegion(dataSet: DataSet, path: string | undefined): DataSet {
  if (path === undefined) return dataSet;
  const mask = resolve(path);
  return { ...dataSet, items: dataSet.items.filter((item) => item.path !== mask) };
}
