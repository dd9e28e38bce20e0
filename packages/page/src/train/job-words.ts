import type { Job } from '@cflow/sdk';

export const PHASES: Readonly<Record<Job['progress']['phase'], string>> = {
  waiting: 'waiting for a worker',
  fetching: 'getting the data set',
  features: 'computing features',
  training: 'training',
  calibrating: 'calibrating and testing',
  publishing: 'publishing',
  done: 'done',
};

export function hasEnded({ status }: Job): boolean {
  return status !== 'queued' && status !== 'running';
}
