/** Where a job keeps what its next attempt continues from. */
export const checkpointPrefix = (job: string): string => `jobs/${job}/checkpoint`;
/** Says what was done after a job had ended. */
export const settledKey = (job: string): string => `jobs/${job}/settled.json`;
