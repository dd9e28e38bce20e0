import type { Progress, TrainingProgress } from '@cflow/sdk/local';
import { formatBytes, formatDuration } from '../dom/format.js';

/** What a training run in this page is doing. */
export interface TrainingStep {
  /** 0 to 1; undefined where it is not known. */
  fraction: number | undefined;
  text: string;
}

/** Words for an event of the run; undefined for those that say nothing new. */
export function trainingStep(progress: Progress | TrainingProgress): TrainingStep | undefined {
  if (progress.stage !== 'training') {
    const { done, total } = progress;
    const fraction = total > 0 ? done / total : undefined;
    return { fraction, text: `Getting the backbone: ${formatBytes(done)} of ${formatBytes(total)}` };
  }
  const { event } = progress;
  switch (event.type) {
    case 'range': {
      const { low, high } = event as unknown as { low: number; high: number };
      return { fraction: undefined, text: `Samples of more than 8 bits, from ${low} to ${high}` };
    }
    case 'start':
      return { fraction: undefined, text: `Started on ${String(event.device)}` };
    case 'features': {
      const { done, total } = event as unknown as { done: number; total: number };
      return {
        fraction: total > 0 ? done / total : undefined,
        text: `Looking at the images: ${done} of ${total}`,
      };
    }
    case 'comparing': {
      const { done, total } = event as unknown as { done: number; total: number };
      return {
        fraction: total > 0 ? done / total : undefined,
        text: `Comparing the images: ${done} of ${total}`,
      };
    }
    case 'progress': {
      const { fraction, secondsLeft } = event as unknown as { fraction: number; secondsLeft: number | null };
      const left = secondsLeft === null ? '' : `, ${formatDuration(secondsLeft)} left`;
      return { fraction, text: `Training: ${Math.floor(fraction * 100)} %${left}` };
    }
    case 'calibrated':
      return { fraction: 1, text: 'Calibrated; making the bundle' };
    default:
      return undefined;
  }
}
