import type * as z from 'zod';
import { float32 } from './bounds.js';
import { closedObject } from './closed-object.js';

/**
 * Values that samples of more than 8 bits lie between: `low` becomes black and `high` white, what lies beyond is clipped.
 * Of 12 bits in files of 16: 0 and 4095. Samples of 8 bits are always taken from 0 to 255.
 */
export const sampleRangeSchema = closedObject({
  low: float32().describe('value that becomes black'),
  high: float32().describe('value that becomes white'),
}).refine(({ low, high }) => low < high, { message: 'the lower value comes first', path: ['high'] });
export type SampleRange = z.infer<typeof sampleRangeSchema>;

/** What becomes of an image whose samples do not fit the range: it is taken with a warning, or refused. */
export const OUT_OF_RANGE = ['warn', 'error'] as const;
export type OutOfRange = (typeof OUT_OF_RANGE)[number];
