export type * from './jobs.js';
export * from './jobs-error.js';
export type { JobsLogger } from './logger.js';
export { type JobsDatabase, type OpenJobsOptions, openJobs } from './open-jobs.js';
