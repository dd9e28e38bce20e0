import { closedObject, DEVICES, insteadOfRegion, MAP_FORMATS, predictOptionsSchema, text } from '@cflow/spec';
import { z } from '@hono/zod-openapi';
import { booleanText, numberText } from './parameters.js';

const described = predictOptionsSchema.shape;
const of = (field: keyof typeof described): string => described[field].description as string;
// As the numbers of the JSON have it, written down for the text.
const rangeOf = (field: keyof typeof described) => {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = z.toJSONSchema(described[field]);
  return JSON.parse(JSON.stringify({ minimum, exclusiveMinimum, maximum, exclusiveMaximum })) as {
    minimum?: number;
    maximum?: number;
  };
};
const number = (field: keyof typeof described) =>
  numberText.optional().openapi({ type: 'number', ...rangeOf(field), description: of(field) });
const integer = (field: keyof typeof described) =>
  numberText.optional().openapi({ type: 'integer', ...rangeOf(field), description: of(field) });
const boolean = (field: keyof typeof described) =>
  booleanText.optional().openapi({ type: 'boolean', description: of(field) });

/** The options of a prediction as an address or a form has them: each a text. Ranges are checked with the rest. */
export const predictOptionTexts = closedObject(
  {
    threshold: number('threshold'),
    falseAlarmRate: number('falseAlarmRate'),
    pixelThreshold: number('pixelThreshold'),
    map: z
      .enum(MAP_FORMATS)
      .optional()
      .openapi({ description: of('map') }),
    overlay: boolean('overlay'),
    regions: boolean('regions'),
    minArea: number('minArea'),
    minShare: number('minShare'),
    maxRegions: integer('maxRegions'),
    device: z
      .enum(['auto', ...DEVICES])
      .optional()
      .openapi({ description: of('device') }),
  } satisfies Record<keyof typeof described, z.ZodType>,
  insteadOfRegion,
);

/**
 * The same as fields of a form, as its description has them. Without defaults: what a client fills in of itself would
 * count before the options of the address.
 */
export const formOptions: Record<string, object> = Object.fromEntries(
  Object.entries(described).map(([name, schema]) => {
    const { $schema, default: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
    return [name, rest];
  }),
);

/** Characters of a list of detectors: as many as there may be, each as long as it may be. */
export const MAX_DETECTORS_TEXT = 4096;

/** Also which detectors: where the address does not name one. */
export const predictManyTexts = predictOptionTexts.extend({
  detectors: text(MAX_DETECTORS_TEXT).optional().openapi({
    description: 'Detectors that each image goes through, with commas',
    example: 'wood,steel@production',
  }),
});
