import type { TrainingEvent } from '@cflow/training';

type EventOf<Type extends TrainingEvent['type']> = Extract<TrainingEvent, { type: Type }>;

/** What a summary says about a run beyond what is in its bundle. */
export class RunRecord {
  start: EventOf<'start'> | undefined;
  calibrated: EventOf<'calibrated'> | undefined;
  done: EventOf<'done'> | undefined;
  leftOut: EventOf<'left-out'> | undefined;
  /** Width and height of the largest picture, where headers were read. */
  largestPicture: readonly [width: number, height: number] | undefined;
  readonly unreadable: { path: string; reason: string }[] = [];

  take(event: TrainingEvent): void {
    if (event.type === 'data-set') this.largestPicture = event.report.sizes?.largest;
    else if (event.type === 'start') this.start = event;
    else if (event.type === 'calibrated') this.calibrated = event;
    else if (event.type === 'left-out') this.leftOut = event;
    else if (event.type === 'done') this.done = event;
    else if (event.type === 'unreadable') this.unreadable.push({ path: event.path, reason: event.reason });
  }
}
