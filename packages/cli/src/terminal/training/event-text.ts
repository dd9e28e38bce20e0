import { dataSetLines } from '@cflow/images';
import type { OnTrainingEvent, TrainingEvent } from '@cflow/training';
import { count, formatClock } from '../format.js';
import { printable } from '../printable.js';

/** Something that shows the progress of a run. */
export interface TrainingView {
  event: OnTrainingEvent;
  /** Leaves the terminal as it was; nothing comes after. */
  close(): void;
}

/** What both kinds of progress say in words; undefined for events that they show in their own way. */
export function eventText(event: TrainingEvent, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'start':
      return startText(event, verbose);
    case 'data-set':
      return dataSetLines(event.report).map(printable).join('\n');
    case 'left-out':
      return `left out ${count(event.count, 'good image')}, the least like the others`;
    case 'fallback':
      return fallbackText({ ...event, reason: printable(event.reason) });
    case 'resume':
      return `going on at epoch ${event.epoch + 1}`;
    case 'unreadable':
      return printable(`left out: ${event.reason}`);
    case 'checkpoint':
      return verbose ? `saved ${event.layer}, epoch ${event.epoch}` : undefined;
    default:
      return undefined;
  }
}

/** How long the run still takes, as the end of a text; empty where that cannot be told. */
export function leftText(seconds: number | null | undefined): string {
  return typeof seconds === 'number' ? `, ${formatClock(seconds)} left` : '';
}

/** What is lost without the default backbone, and what to do about it. */
export function fallbackText({
  backbone,
  of,
  reason,
}: {
  backbone: string;
  of: string;
  reason: string;
}): string {
  return (
    `backbone  ${of} could not be fetched (${reason}): ${backbone} is used, which finds less.\n` +
    `          Fetch it with "cflow backbone pull ${of}" once there is a network or PIP_INDEX_URL names a mirror, or set\n` +
    `          CFLOW_BACKBONE=${backbone} to be content with this one`
  );
}

function startText(event: Extract<TrainingEvent, { type: 'start' }>, verbose: boolean): string {
  const { trainImages, validationImages, testImages, preset, backbone, device, refused } = event;
  const heldOut = validationImages > 0 ? `, ${validationImages} held out` : '';
  const layers = event.layers.map(({ name, channels, height, width }) =>
    verbose ? `${name} (${channels}x${height}x${width})` : name,
  );
  return [
    `images    ${trainImages} good to train on${heldOut}, ${testImages} to test`,
    `backbone  ${backbone}: ${layers.join(', ')}`,
    `training  preset ${preset}, on ${device}`,
    ...(verbose ? refused.map(({ device: other, reason }) => `          not on ${other}: ${reason}`) : []),
  ].join('\n');
}
