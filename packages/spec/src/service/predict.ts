import * as z from 'zod';
import { float32, MAX_BASE64, text } from '../bounds.js';
import { closedObject } from '../closed-object.js';
import { DEVICES } from '../device.js';
import { httpUrl } from './http-url.js';
import { insteadOfRegion } from './instead-of-region.js';
import { detectorNameSchema, detectorReferenceSchema, versionSchema } from './names.js';
import { smallestRegion } from './smallest-region.js';

/** How an anomaly map is sent. `png16` carries offset and scale, so that real values come back; `f32` is little-endian. */
export const MAP_FORMATS = ['none', 'png8', 'png16', 'f32'] as const;
export type MapFormat = (typeof MAP_FORMATS)[number];

/** Images of one request at most. */
export const MAX_IMAGES_PER_REQUEST = 64;
/** Detectors of one request at most. */
export const MAX_DETECTORS_PER_REQUEST = 16;

const finite = float32();

/** What a request may ask for, whatever form it has: query parameters, form fields, or members of the JSON body. */
export const predictOptionsSchema = closedObject(
  {
    threshold: finite
      .optional()
      .describe("Score from which an image is bad. Default: the detector's settings, else its bundle's"),
    falseAlarmRate: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe('Instead of a threshold: the share of good images that may be called bad'),
    pixelThreshold: finite
      .optional()
      .describe('Map value that regions stand out above. Default: the threshold'),
    map: z.enum(MAP_FORMATS).default('none').describe('Format of the anomaly map'),
    overlay: z
      .boolean()
      .default(false)
      .describe('Also a picture of the image with map and regions drawn in (PNG)'),
    regions: z.boolean().default(true).describe('Also the regions above the pixel threshold'),
    ...smallestRegion({
      area: "the detector's settings, else 1",
      share: "the detector's settings, else 0.05",
    }),
    maxRegions: z.number().int().min(0).max(1000).default(100).describe('Regions at most'),
    device: z
      .enum(['auto', ...DEVICES])
      .default('auto')
      .describe(
        'Device that must answer. A device that the service does not run on is refused with the reason',
      ),
  },
  insteadOfRegion,
).refine(({ threshold, falseAlarmRate }) => threshold === undefined || falseAlarmRate === undefined, {
  message: 'give a threshold or a false-alarm rate, not both',
  path: ['falseAlarmRate'],
});
export type PredictRequestOptions = z.infer<typeof predictOptionsSchema>;

/** Bytes in a JSON body, or where to get them. */
const fileReferenceSchema = z.union([
  closedObject({ base64: text(MAX_BASE64).min(1).describe('The file, in base64') }),
  closedObject({
    url: httpUrl('; a file in the request itself goes in "base64"').describe(
      'Where the service gets the file',
    ),
  }),
]);

const ignore = fileReferenceSchema
  .optional()
  .describe('A mask: pixels that are not black are left out of score and regions');

// Not an intersection: strict objects would each refuse the other's fields in a JSON schema.
export const predictImageSchema = z
  .union(
    [
      closedObject({ ...fileReferenceSchema.options[0].shape, ignore }, insteadOfRegion),
      closedObject({ ...fileReferenceSchema.options[1].shape, ignore }, insteadOfRegion),
    ],
    {
      error:
        'expected {"base64": "…"}, which may be a data: URI, or {"url": "https://…"}, and "ignore" beside it if wanted',
    },
  )
  .meta({ description: 'An image, as base64 or as an address that the service is allowed to fetch' });
export type PredictImage = z.infer<typeof predictImageSchema>;

/** Images of `POST /v1/predict` go through each of these. */
export const detectorListSchema = z.array(detectorReferenceSchema).min(1).max(MAX_DETECTORS_PER_REQUEST);

/** Pixels are those of the picture as it was sent, upright; those of the map lie over them. */
const regionSchema = z
  .object({
    box: z.object({
      x: z.number().int(),
      y: z.number().int(),
      width: z.number().int(),
      height: z.number().int(),
    }),
    area: z.number().int().describe('Pixels of the picture that it covers'),
    polygon: z
      .array(z.tuple([z.number().int(), z.number().int()]))
      .describe('Its outline: 3 to 64 corners [x, y], the last joined to the first'),
    peak: z
      .object({ x: z.number().int(), y: z.number().int(), value: z.number() })
      .describe('Where the map is highest in it, and its value there'),
    score: z
      .number()
      .describe('Score of an image in which nothing else stood out: to be compared with the threshold'),
  })
  .meta({
    id: 'Region',
    description: 'What stands out in one place, in pixels of the image as it was sent, upright',
  });

export const mapPayloadSchema = z
  .object({
    format: z.enum(['png8', 'png16', 'f32']),
    width: z.number().int(),
    height: z.number().int(),
    data: z.string().describe('base64'),
    /** For `png8` and `png16`: value = offset + scale * sample. */
    offset: z.number().optional().describe('png8, png16: value of sample 0'),
    scale: z.number().optional().describe('png8, png16: value of one step; value = offset + scale * sample'),
  })
  .meta({ id: 'AnomalyMap' });
export type MapPayload = z.infer<typeof mapPayloadSchema>;

/** One image as seen by one detector. */
export const predictionResultSchema = z
  .object({
    id: z.string().describe('For feedback on this prediction'),
    image: z.number().int().describe('Place of the image in the request, from 0'),
    detector: z.object({
      name: detectorNameSchema,
      version: versionSchema,
      device: z.string().describe('Where it was computed'),
    }),
    score: z.number().describe('Anomaly score; higher is worse'),
    falseAlarmProbability: z.number().describe('Probability that a good image scores at least this high'),
    label: z.enum(['good', 'bad']),
    threshold: z.number(),
    pixelThreshold: z.number(),
    original: z
      .object({ width: z.number().int(), height: z.number().int() })
      .describe('Size of the image, upright: what regions are counted in'),
    mapSize: z
      .object({ width: z.number().int(), height: z.number().int() })
      .describe('Size of the map, which lies over the whole image'),
    precisionMode: z
      .literal('throughput')
      .optional()
      .describe('Present where products may be rounded to TF32; absent, scores are the same on every device'),
    warnings: z
      .array(z.string())
      .optional()
      .describe(
        "What was odd about the image: samples that do not fit the detector's range, or far fewer pixels than it looks at",
      ),
    regions: z.array(regionSchema).optional(),
    map: mapPayloadSchema.optional(),
    overlay: z
      .object({ contentType: z.literal('image/png'), data: z.string().describe('base64') })
      .optional(),
  })
  .meta({ id: 'PredictionResult' });
export type PredictionResult = z.infer<typeof predictionResultSchema>;

/** For each image the predictions of all detectors asked, in the order of the request. */
export const predictResponseSchema = z
  .object({ predictions: z.array(predictionResultSchema) })
  .meta({ id: 'PredictResponse' });
export type PredictResponse = z.infer<typeof predictResponseSchema>;
