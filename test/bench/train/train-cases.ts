import type { Effort } from '../alternate.js';

/** Optimizer steps of one decoder. */
export interface TrainCase {
  name: string;
  channels: number;
  /** Height and width of the feature map. */
  side: number;
  /** Fibers per step, N. */
  fiberBatchSize: number;
  /** Steps per run: about a second of them, as training does it. */
  steps: number;
  couplingBlocks: number;
  effort: Effort;
}

const EFFORT: Effort = { seconds: 14, minRounds: 3, maxRounds: 15 };

export const TRAIN_CASES: readonly TrainCase[] = [
  trainCase(32, 32, 64, 60),
  trainCase(32, 32, 1024, 16),
  trainCase(128, 32, 64, 40),
  trainCase(128, 32, 1024, 8),
  trainCase(320, 8, 64, 20),
  trainCase(320, 8, 1024, 4),
];

/** For a look at whether it works: too short to tell anything. */
export const QUICK_TRAIN_CASE: TrainCase = {
  ...trainCase(16, 8, 32, 3),
  name: 'train/quick',
  couplingBlocks: 2,
  effort: { seconds: 0, minRounds: 2, maxRounds: 2 },
};

/** A case by its sizes. */
export function trainCase(channels: number, side: number, fiberBatchSize: number, steps: number): TrainCase {
  const name = `train/channels-${channels}/fibers-${fiberBatchSize}`;
  return { name, channels, side, fiberBatchSize, steps, couplingBlocks: 8, effort: EFFORT };
}
