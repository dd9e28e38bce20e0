import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Metrics, metricsSchema } from '@cflow/spec';
import type { OnTrainingEvent } from '@cflow/training';
import * as z from 'zod';
import type { DeviceFlags } from '../../options/device-options.js';
import type { Category } from './categories.js';

/** What is compared: a recipe that, with a category and a seed, gives a detector. */
export interface Variant {
  /** Unique in the run: results are told apart and paired by it. */
  name: string;
  /** `detector` is what this project trains. A `peer` is something else that is measured beside it. */
  kind: 'detector' | 'peer';
  backbone: string;
  preset: string;
  /** Everything that decides a result besides images, seed, device and threads. Must be JSON. */
  identity(seed: number): Readonly<Record<string, unknown>>;
  /**
   * Trains and measures a cell of it. What it needs in between is under `files.bundle(cell)`, and is removed afterwards.
   */
  measure(task: CellTask): Promise<CellResult>;
}

/** Where a cell's detector lies. */
export interface CellPlaces {
  /** The folder of its bundle. */
  bundle(cell: Pick<Cell, 'key'>): string;
  /** Whether an interrupted run has left something to continue from. */
  isBegun(cell: Pick<Cell, 'key'>): Promise<boolean>;
}

/** A cell to be measured, and what exists of it. */
export interface CellTask {
  cell: Cell;
  files: CellPlaces;
  device: DeviceFlags['device'];
  threads: number;
  signal: AbortSignal;
  onEvent: OnTrainingEvent;
}

/** One detector to train and to measure. */
export interface Cell {
  variant: Variant;
  category: Category;
  seed: number;
  /** SHA-256 over everything that the result depends on. */
  key: string;
}

export const CELL_FORMAT = 2;

/** What was measured of one cell, as it is stored. */
export interface CellResult {
  format: typeof CELL_FORMAT;
  key: string;
  category: string;
  variant: string;
  kind: Variant['kind'];
  backbone: string;
  preset: string;
  seed: number;
  metrics: Metrics;
  /** The false-alarm rate that the calibration promised at the threshold, in [0, 1]. */
  promisedFalseAlarmRate: number;
  /** Whether the promised rate lies in the 95 % interval of the rate that was found; null without good test images. */
  promiseHolds: boolean | null;
  trainImages: number;
  calibrationImages: number;
  /** From the start to the bundle; null when the run was interrupted in between, since the parts do not add up. */
  trainingSeconds: number | null;
  /** Median over test images, one at a time: resampling, backbone, decoders, verdict, regions. */
  scoringSeconds: number;
  /** For a peer: what it keeps of the good images, and its parameters. */
  bundleBytes: number;
  device: string;
  /** The options that were given, for people: the key holds them all as a hash. */
  configuration: Record<string, unknown>;
  /** ISO 8601. */
  finishedAt: string;
}

export const cellResultSchema: z.ZodType<CellResult> = z.object({
  format: z.literal(CELL_FORMAT),
  key: z.string(),
  category: z.string(),
  variant: z.string(),
  kind: z.enum(['detector', 'peer']),
  backbone: z.string(),
  preset: z.string(),
  seed: z.number().int().nonnegative(),
  metrics: metricsSchema,
  promisedFalseAlarmRate: z.number().min(0).max(1),
  promiseHolds: z.boolean().nullable(),
  trainImages: z.number().int(),
  calibrationImages: z.number().int(),
  trainingSeconds: z.number().nonnegative().nullable(),
  scoringSeconds: z.number().nonnegative(),
  bundleBytes: z.number().int().nonnegative(),
  device: z.string(),
  configuration: z.record(z.string(), z.unknown()),
  finishedAt: z.iso.datetime(),
});

/** The key of a cell: everything that decides its result. Must be JSON. */
export function cellKey(identity: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** One hash over names, labels and contents of all files of a data set, masks included. */
export async function dataSetFingerprint({ dataSet }: Category): Promise<string> {
  const hash = createHash('sha256');
  if (dataSet.region !== undefined) hash.update(`${await contentHash(dataSet.region)}\n`);
  for (const { path, maskPaths = [], regionPath = [], name, split, label, defect } of dataSet.items) {
    const files = await Promise.all([path, ...maskPaths, ...[regionPath].flat()].map(contentHash));
    hash.update(`${JSON.stringify([split, label, defect ?? '-', name, ...files])}\n`);
  }
  return hash.digest('hex');
}

/** An image that cannot be read is left out by the run; until it can be, it has a fixed hash. */
async function contentHash(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes === undefined ? 'unreadable' : createHash('sha256').update(bytes).digest('hex');
}
