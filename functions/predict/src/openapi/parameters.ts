import {
  aliasSchema,
  closedObject,
  detectorNameSchema,
  detectorReferenceSchema,
  MAX_CURSOR,
  MAX_NUMBER_TEXT,
  referenceSchema,
  text,
} from '@cflow/spec';
import { z } from '@hono/zod-openapi';

/** Of the address: the name of a detector. */
export const nameParameter = z.object({ name: detectorNameSchema });

/** Of the address: `name` or `name@reference`. */
export const detectorParameter = z.object({ detector: detectorReferenceSchema });

export const versionParameter = nameParameter.extend({ version: referenceSchema });

export const aliasParameter = nameParameter.extend({ alias: aliasSchema });

export const fileParameter = versionParameter.extend({
  file: text(128)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "expected the name of one of the bundle's files")
    .openapi({ description: "Name of one of the bundle's files", example: 'head.onnx' }),
});

/** For routes that take nothing: a misspelt parameter must not be ignored in silence. */
export const noQuery = closedObject({});

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number as addresses and forms have it: text. */
export const numberText = text(MAX_NUMBER_TEXT)
  .regex(NUMBER, 'expected a number')
  .transform(Number)
  .pipe(z.number('expected a finite number'));

/** A truth value as addresses and forms have it; some languages write it with a capital. */
export const booleanText = text(MAX_NUMBER_TEXT)
  .transform((value) => value.toLowerCase())
  .pipe(z.enum(['true', 'false'], 'expected true or false'))
  .transform((value) => value === 'true');

/**
 * Query of lists.
 *
 * @param cursor What "next" of a page looks like: anything else would begin somewhere that nobody means
 */
export const pageParameters = (cursor: RegExp) =>
  closedObject({
    limit: text(4)
      .regex(/^\d{1,4}$/, 'expected a whole number from 1 to 200')
      .transform(Number)
      .pipe(z.number().int().min(1).max(200))
      .default(50)
      .openapi({ type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'Entries at most' }),
    after: text(MAX_CURSOR)
      .regex(cursor, 'expected the "next" of a page before; leave it out to begin')
      .optional()
      .openapi({ description: '"next" of the page before' }),
  });
