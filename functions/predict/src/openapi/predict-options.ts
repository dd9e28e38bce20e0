import { DEVICES, MAP_FORMATS, predictOptionsSchema } from '@cflow/spec';
import { z } from '@hono/zod-openapi';
import { booleanText, numberText } from './parameters.js';

const described = predictOptionsSchema.shape;
const of = (field: keyof typeof described): string => described[field].description as string;
const number = (field: keyof typeof described) =>
  numberText.optional().openapi({ type: 'number', description: of(field) });
const integer = (field: keyof typeof described) =>
  numberText.optional().openapi({ type: 'integer', description: of(field) });
const boolean = (field: keyof typeof described) =>
  booleanText.optional().openapi({ type: 'boolean', description: of(field) });

/** The options of a prediction as an address or a form has them: each a text. Ranges are checked with the rest. */
export const predictOptionTexts = z.strictObject({
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
  maxRegions: integer('maxRegions'),
  device: z
    .enum(['auto', ...DEVICES])
    .optional()
    .openapi({ description: of('device') }),
} satisfies Record<keyof typeof described, z.ZodType>);

/** Also which detectors: where the address does not name one. */
export const predictManyTexts = predictOptionTexts.extend({
  detectors: z.string().max(4096).optional().openapi({
    description: 'Detectors that each image goes through, with commas',
    example: 'wood,steel@production',
  }),
});
