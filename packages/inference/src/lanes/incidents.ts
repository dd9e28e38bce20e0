import { deviceFault } from '@cflow/runtime';
import type { Device } from '@cflow/spec';
import type { InferenceObserver } from '../observer.js';
import type { ScoringHealth } from '../scoring-health.js';
import { AbandonedLanes } from './abandoned-lanes.js';
import type { LaneFailure } from './lane.js';
import type { LanePool } from './lane-pool.js';
import { Quarantine } from './quarantine.js';
import type { Step } from './step-watch.js';

/** Lanes beyond those at work that may hang before no other is started: enough for what hangs to be told apart and refused. */
const MOST_ABANDONED = 3;

/** What went wrong with lanes, and what follows from it. */
export class Incidents {
  readonly abandoned: AbandonedLanes;
  readonly #quarantine: Quarantine;
  readonly #observer: InferenceObserver;
  readonly #now: () => number;
  #deviceLost: string | undefined;
  #fullSince: number | undefined;

  /** @param lanes that work side by side */
  constructor(lanes: number, observer: InferenceObserver, now: () => number) {
    this.abandoned = new AbandonedLanes(lanes + MOST_ABANDONED);
    this.#quarantine = new Quarantine({ now });
    this.#observer = observer;
    this.#now = now;
  }

  /** @throws InferenceError while one of these detectors and backbones is refused */
  refuse(keys: readonly string[]): void {
    this.#quarantine.refuse(keys);
  }

  /** A lane is gone; gives what is refused from now on. */
  laneLost({ step, late, reason }: LaneFailure): Step | undefined {
    if (late) this.#observer.overran?.({ step, reason });
    // As far as anyone can know, no detector is to blame for a lost device.
    if (!step || deviceFault(reason) === 'lost' || !this.#quarantine.note(step.key)) return undefined;
    this.#observer.refused?.({ step });
    return step;
  }

  /** This process cannot get the device back. */
  loseDevice(device: Device, reason: unknown): void {
    this.#deviceLost ??= `the device ${device} is lost to this process`;
    this.#observer.deviceLost?.({ device, reason });
  }

  health(pools: readonly LanePool[]): ScoringHealth {
    const abandoned = this.abandoned.count;
    const counts = { abandoned, refused: this.#quarantine.size };
    if (this.#deviceLost !== undefined) {
      return { state: 'lost', detail: this.#deviceLost, stalledMs: 0, ...counts };
    }
    const now = this.#now();
    this.#fullSince = this.abandoned.full ? (this.#fullSince ?? now) : undefined;
    const stalled = pools.find(({ stalledSince }) => stalledSince !== undefined);
    const since = stalled?.stalledSince ?? (pools.length === 0 ? this.#fullSince : undefined);
    if (since === undefined) return { state: 'well', detail: '', stalledMs: 0, ...counts };
    const why = abandoned > 0 ? 'runs hang in the engine' : 'the device is being started again';
    return { state: 'stalled', detail: `no lane scores: ${why}`, stalledMs: now - since, ...counts };
  }
}
