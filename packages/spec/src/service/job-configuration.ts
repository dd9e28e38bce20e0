import * as z from 'zod';
import { closedObject } from '../closed-object.js';
import { type DetectorConfiguration, detectorConfigurationSchema } from '../configuration.js';

/** Some of a detector's configuration. */
export type JobConfiguration = { [K in keyof DetectorConfiguration]?: DetectorConfiguration[K] | undefined };

const given = Object.entries(detectorConfigurationSchema.shape).map(
  ([key, schema]) => [key, z.optional((schema as z.ZodDefault).unwrap())] as const,
);

/**
 * What a job sets of the configuration. Unlike `detectorConfigurationSchema.partial()`, which fills in the defaults of
 * what is left out, it leaves that out: the job's preset has its own.
 */
export const jobConfigurationSchema: z.ZodType<JobConfiguration, JobConfiguration> = closedObject(
  Object.fromEntries(given),
) as never;
