import type { openHead } from '@cflow/detector';
import type { DeviceCandidate, SessionOptions } from '@cflow/runtime';
import type { InferenceObserver } from '../observer.js';
import type { Lane } from './lane.js';
import type { StepLimits } from './step-watch.js';

/** How to set up the lanes of a device. */
export interface LanePoolOptions {
  /** Places on the device that work side by side. */
  lanes: number;
  /** Sizes that batches are padded to, ascending. */
  batchSizes: readonly number[];
  /** Those of them that are run once before a detector counts as loaded. */
  warmSizes: readonly number[];
  /** How long an image may wait for others while a lane is free. */
  maxWaitMs: number;
  /** How heads are opened. */
  headOptions?: SessionOptions | undefined;
  /** Opens a detector as one graph; left out, backbones are shared and run apart. */
  openWhole?: typeof openHead | undefined;
  /** Images of a batch at most where larger ones than `warmSizes` are tried; left out, none are. */
  mostImages?: number | undefined;
  /** Bytes that the card of a place has left. */
  freeBytes?: ((place: number) => Promise<number | undefined>) | undefined;
  /** The cards that lanes are spread over, in turn, where there are several. */
  cards?: readonly number[] | undefined;
  /** How long the engine may take; left out, there is no limit. */
  limits?: StepLimits | undefined;
  /**
   * Makes a lane in a process of its own, which takes a lost device down with it. Left out, lanes live in a runtime of the
   * device, in this process.
   */
  startProcess?: ((candidate: DeviceCandidate, options: LanePoolOptions, place: number) => Lane) | undefined;
  now(): number;
  observer: InferenceObserver;
}

/** The card of the lane of that number. */
export function cardOf({ cards }: Pick<LanePoolOptions, 'cards'>, place: number): number | undefined {
  return cards?.[place % cards.length];
}

/** Lanes of a detector that share the memory of one card. */
export function lanesOnCard({ lanes, cards }: Pick<LanePoolOptions, 'lanes' | 'cards'>): number {
  return Math.ceil(lanes / (cards?.length ?? 1));
}

/** The smallest of the sizes that holds this many images; more than the largest are not padded. */
export function sizeOf(batchSizes: readonly number[], count: number): number {
  return batchSizes.find((size) => size >= count) ?? count;
}
