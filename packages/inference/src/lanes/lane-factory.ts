import type { VerifiedBundle } from '@cflow/detector';
import { type DeviceCandidate, deviceFault } from '@cflow/runtime';
import type { AbandonedLanes } from './abandoned-lanes.js';
import type { Lane, LaneFailure } from './lane.js';
import { type LanePoolOptions, sizeOf } from './lane-options.js';
import { RuntimeLane } from './runtime-lane.js';

export type ReadBundle = () => Promise<VerifiedBundle>;

/** Makes the lanes of a device. */
export class LaneFactory {
  readonly #candidate: DeviceCandidate;
  readonly #options: LanePoolOptions;
  readonly #abandoned: AbandonedLanes;

  constructor(candidate: DeviceCandidate, options: LanePoolOptions, abandoned: AbandonedLanes) {
    this.#candidate = candidate;
    this.#options = options;
    this.#abandoned = abandoned;
  }

  /**
   * A lane with nothing in it.
   *
   * @param place Its number, which decides on its card
   * @throws InferenceError when too many hang already
   */
  async create(place: number): Promise<Lane> {
    this.#abandoned.refuseWhenFull();
    const { startProcess, batchSizes, headOptions, limits, now } = this.#options;
    if (startProcess) return startProcess(this.#candidate, this.#options, place);
    const { openWhole, mostImages, freeBytes } = this.#options;
    return new RuntimeLane(await this.#candidate.createRuntime(), {
      sizeFor: (count) => sizeOf(batchSizes, count),
      headOptions,
      openWhole,
      mostImages,
      freeBytes: freeBytes && (() => freeBytes(place)),
      limits,
      now,
    });
  }

  /**
   * A lane with these detectors open in it.
   *
   * @param detectors Those that make a new lane hang or crash are removed
   * @param onFailure Told of every lane that was lost over one of them
   */
  async fill(
    place: number,
    detectors: Map<string, ReadBundle>,
    onFailure: (failure: LaneFailure, key: string) => void,
  ): Promise<Lane> {
    for (;;) {
      const lane = await this.create(place);
      try {
        for (const [key, read] of [...detectors]) {
          if (detectors.has(key)) await lane.open(key, await read(), this.#options.warmSizes);
        }
        return lane;
      } catch (error) {
        const { failure } = lane;
        if (!failure) await lane.dispose();
        else this.#abandoned.add(lane);
        const culprit = failure?.step?.kind === 'open' ? failure.step.key : undefined;
        const lost = failure && deviceFault(failure.reason) === 'lost';
        if (!failure || lost || culprit === undefined || !detectors.delete(culprit)) throw error;
        onFailure(failure, culprit);
      }
    }
  }
}
