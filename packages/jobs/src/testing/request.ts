import { type JobRequest, type JobRequestInput, jobRequestSchema } from '@cflow/spec';

export function request(changes: Partial<JobRequestInput> = {}): JobRequest {
  return jobRequestSchema.parse({ name: 'wood', dataSet: { path: 'data-sets/wood' }, ...changes });
}

export function version(digit: string): string {
  return digit.repeat(64);
}
