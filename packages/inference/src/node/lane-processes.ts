import type { NodeDevice } from '@cflow/runtime/node';
import { cardOf, type LanePoolOptions } from '../lanes/lane-options.js';
import { forkLaneProcess, type LaneChild } from './fork-lane-process.js';
import { ProcessLane } from './process-lane.js';

/** Lanes in processes of their own, the first of which starts before it is known what it has to do. */
export class LaneProcesses {
  readonly #threads: number;
  #spare: LaneChild | undefined;

  /** @param threads CPU threads of one lane */
  constructor(threads: number) {
    this.#threads = threads;
  }

  /** A detector will be wanted: its process starts while its files are read. */
  warm(): void {
    this.#spare ??= forkLaneProcess();
  }

  start(device: NodeDevice, options: LanePoolOptions, place: number): ProcessLane {
    const { batchSizes, mostImages, headOptions, limits, now } = options;
    const child = this.#spare ?? forkLaneProcess();
    this.#spare = undefined;
    if (!limits) throw new Error('a lane in a process of its own has limits');
    const card = cardOf(options, place);
    const settings = { device, card, threads: this.#threads, batchSizes, mostImages, headOptions };
    return new ProcessLane(child, { ...settings, limits, now });
  }

  close(): void {
    this.#spare?.process.kill('SIGKILL');
    this.#spare = undefined;
  }
}
