import { deviceFault } from '@cflow/runtime';
import type { LaneFailure } from './lane.js';

/** The time within which this many lanes may lose their device before a new process counts as no help. */
const WINDOW_MS = 600_000;
const MOST = 2;

/**
 * Whether a lost device can be recovered. A new process may get it back, so a lane in a process of its own is replaced; a
 * thread cannot, since it shares its process's device.
 */
export class LostDevice {
  readonly #now: () => number;
  readonly #ownProcess: boolean;
  #times: number[] = [];

  constructor(now: () => number, ownProcess: boolean) {
    this.#now = now;
    this.#ownProcess = ownProcess;
  }

  /** Whether a lane has lost it lately. */
  get lost(): boolean {
    const now = this.#now();
    return this.#times.some((time) => now - time < WINDOW_MS);
  }

  /** Records why a lane is gone; true when no other lane would fare better. */
  note({ reason }: LaneFailure): boolean {
    if (deviceFault(reason) !== 'lost') return false;
    const now = this.#now();
    this.#times = [...this.#times.filter((time) => now - time < WINDOW_MS), now];
    return !this.#ownProcess || this.#times.length > MOST;
  }
}
