export type * from './jobs.js';
export { type Interruption, JobInterrupted, JobsError, type JobsErrorCode } from './jobs-error.js';
export type { JobsLogger } from './logger.js';
export { type JobsDatabase, type OpenJobsOptions, openJobs } from './open-jobs.js';
