import { aliasSchema, detectorNameSchema, detectorReferenceSchema, referenceSchema } from '@cflow/spec';
import { z } from '@hono/zod-openapi';

/** Of the address: the name of a detector. */
export const nameParameter = z.object({ name: detectorNameSchema });

/** Of the address: `name` or `name@reference`. */
export const detectorParameter = z.object({ detector: detectorReferenceSchema });

export const versionParameter = nameParameter.extend({ version: referenceSchema });

export const aliasParameter = nameParameter.extend({ alias: aliasSchema });

export const fileParameter = versionParameter.extend({
  file: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "expected the name of one of the bundle's files")
    .openapi({ description: "Name of one of the bundle's files", example: 'head.onnx' }),
});

/** For routes that take nothing: a misspelt parameter must not be ignored in silence. */
export const noQuery = z.strictObject({});

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number as addresses and forms have it: text. */
export const numberText = z
  .string()
  .regex(NUMBER, 'expected a number')
  .transform(Number)
  .pipe(z.number('expected a finite number'));

/** A truth value as addresses and forms have it. */
export const booleanText = z
  .enum(['true', 'false'], 'expected true or false')
  .transform((text) => text === 'true');

/** Query of lists. */
export const pageParameters = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'expected a whole number from 1 to 200')
    .transform(Number)
    .pipe(z.number().int().min(1).max(200))
    .default(50)
    .openapi({ type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'Entries at most' }),
  after: z.string().min(1).max(300).optional().openapi({ description: '"next" of the page before' }),
});
