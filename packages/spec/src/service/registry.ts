import * as z from 'zod';
import { MAX_CURSOR, text } from '../bounds.js';
import { bundleManifestSchema } from '../bundle.js';
import { closedObject } from '../closed-object.js';
import { aliasSchema, detectorNameSchema, versionSchema } from './names.js';

const nextSchema = z.string().nullable().describe('Give it as "after" to get what follows; null at the end');

/** Query of every list: what follows `after`, at most `limit`. */
export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Entries at most'),
  after: text(MAX_CURSOR).optional().describe('"next" of the page before'),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

const aliasesSchema = z.record(aliasSchema, versionSchema).describe('Which version each alias points to');

export const detectorSummarySchema = z
  .object({ name: detectorNameSchema, aliases: aliasesSchema })
  .meta({ id: 'DetectorSummary' });
export type DetectorSummary = z.infer<typeof detectorSummarySchema>;

export const detectorPageSchema = z
  .object({ detectors: z.array(detectorSummarySchema), next: nextSchema })
  .meta({ id: 'DetectorPage' });
export type DetectorPage = z.infer<typeof detectorPageSchema>;

export const versionSummarySchema = z
  .object({
    name: detectorNameSchema,
    version: versionSchema,
    createdAt: z.iso.datetime(),
    aliases: z.array(aliasSchema).describe('The aliases that point to it'),
    bytes: z.number().int().describe('Bytes of all its files'),
  })
  .meta({ id: 'VersionSummary' });
export type VersionSummary = z.infer<typeof versionSummarySchema>;

export const versionPageSchema = z
  .object({ versions: z.array(versionSummarySchema), next: nextSchema })
  .meta({ id: 'VersionPage' });
export type VersionPage = z.infer<typeof versionPageSchema>;

export const versionDetailSchema = versionSummarySchema
  .extend({ manifest: bundleManifestSchema.describe("The bundle's manifest") })
  .meta({ id: 'VersionDetail' });
export type VersionDetail = z.infer<typeof versionDetailSchema>;

export const moveAliasBodySchema = closedObject({
  version: versionSchema,
  expected: versionSchema
    .nullable()
    .optional()
    .describe('Only if the alias points there now; null: only if there is no such alias'),
}).meta({ id: 'MoveAliasBody' });

export const aliasStateSchema = z
  .object({ name: detectorNameSchema, alias: aliasSchema, version: versionSchema })
  .meta({ id: 'AliasState' });
