import * as z from 'zod';
import { MAX_INT32 } from '../bounds.js';

/** Which regions are left out for their size, in a prediction or in the settings of a detector; they differ in what holds where it is not said. */
export const smallestRegion = (otherwise: { area: string; share: string }) => ({
  minArea: z
    .number()
    .min(0)
    .max(MAX_INT32)
    .optional()
    .describe(`Smallest region, in pixels of the picture. Default: ${otherwise.area}`),
  minShare: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      `Regions smaller than this share of the largest are left out, unless they are higher than it; 0 keeps all. Default: ${otherwise.share}`,
    ),
});
