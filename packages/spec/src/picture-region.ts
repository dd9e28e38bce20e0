import * as z from 'zod';
import { MAX_INPUT_SIDE, text } from './bounds.js';
import { closedObject } from './closed-object.js';

/** Characters of a region: of the most ragged one that is kept. */
const MAX_RUNS_TEXT: number = 2 ** 16;
const side = z.number().int().positive().max(MAX_INPUT_SIDE);

/**
 * The part of a picture that counts, on the grid of the detector's input: lengths of what is outside and inside in turn, row by
 * row, with blanks between them. What is outside takes no part in features, scores and figures.
 */
export const pictureRegionSchema = closedObject({
  width: side,
  height: side,
  runs: text(MAX_RUNS_TEXT).regex(
    /^[0-9]{1,9}(?: [0-9]{1,9})*$/,
    'expected lengths with blanks between them',
  ),
}).refine(({ width, height, runs }) => sumOf(runs) === width * height, {
  message: 'expected lengths that fill the region',
  path: ['runs'],
});
export type PictureRegion = z.infer<typeof pictureRegionSchema>;

const sumOf = (runs: string): number => runs.split(' ').reduce((sum, length) => sum + Number(length), 0);
