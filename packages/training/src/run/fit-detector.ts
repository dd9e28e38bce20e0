// From the features of good images to a detector: the unusual ones are left out, then decoders are trained or a memory is made.

import { evenlySpaced } from '@cflow/images';
import type { Runtime } from '@cflow/runtime';
import { DataSetError } from '@cflow/spec';
import { type TrainedDecoder, trainDecoders } from '../decoder/train-decoders.js';
import { type MadeDetector, makeDetector, STANDARD_IMAGES } from '../detector/make-detector.js';
import type { KnownProvenance } from '../detector/make-manifest.js';
import { type LeftOutImages, leaveOutUnusual } from '../memory/leave-out-unusual.js';
import { makeMemoryDetector } from '../memory/make-memory-detector.js';
import { type MemoryWithout, memoryWithout } from '../memory/memory-without.js';
import type { TrainingDevice } from '../prepare/training-device.js';
import { checkpointFiles } from './checkpoint-files.js';
import type { GoodImages } from './good-images.js';
import type { FolderRun } from './prepare-folder-run.js';
import type { RunFolder } from './run-folder.js';
import type { AskedTraining } from './train-detector-options.js';

export interface FitOptions {
  folderRun: FolderRun;
  good: GoodImages;
  folder: RunFolder;
  device: TrainingDevice;
  runtime: Runtime;
  /** What is known of where the detector comes from when it is made of so many images. */
  provenance: (images: { train: number; heldOut: number }) => KnownProvenance;
  asked: AskedTraining;
}

/** A detector, and what a report says of how it came about. */
export interface FittedDetector {
  made: MadeDetector;
  decoders: readonly TrainedDecoder[];
  leftOut: LeftOutImages | undefined;
  /** Places of the good images that it was calibrated on. */
  calibrationImages: readonly number[];
  /** Of a memory that there are no test images for: what good images look like to one that has not seen them. */
  unseen?: { memory: MemoryWithout | undefined; scores: readonly number[] };
}

/** Places of the good images that the detector is made of. */
interface UsedImages {
  train: readonly number[];
  heldOut: readonly number[];
}

/** @throws DataSetError where fewer than two images are left */
export async function fitDetector(options: FitOptions): Promise<FittedDetector> {
  const { used, leftOut } = await usualImages(options);
  const { method } = options.folderRun.run.configuration;
  const fitted = await (method === 'memory'
    ? makeFromMemory(options, used)
    : makeFromDecoders(options, used));
  return { ...fitted, leftOut, calibrationImages: calibrationImages(used) };
}

async function usualImages({
  folderRun,
  good,
  runtime,
  asked,
}: FitOptions): Promise<{ used: UsedImages; leftOut: LeftOutImages | undefined }> {
  const { run, selection } = folderRun;
  const { signal, onEvent } = asked;
  const train = good.placesOf(selection.train);
  const heldOut = good.placesOf(selection.heldOut);
  const { kept, leftOut } = await leaveOutUnusual({
    ...{ run, runtime, features: good.features, signal, onEvent },
    images: [...train, ...heldOut],
    nameOf: (place) => good.itemAt(place).path,
  });
  const usual = (places: readonly number[]): number[] => places.filter((place) => kept.has(place));
  const used = { train: usual(train), heldOut: usual(heldOut) };
  if (used.train.length >= 2) return { used, leftOut };
  throw new DataSetError(
    `only ${used.train.length} of ${selection.train.length} good images could be read; at least 2 are needed`,
    { details: { readable: used.train.length, goodImages: selection.train.length } },
  );
}

async function makeFromMemory(
  { folderRun, good, runtime, device, provenance, asked }: FitOptions,
  used: UsedImages,
): Promise<Pick<FittedDetector, 'made' | 'decoders' | 'unseen'>> {
  const { run, selection } = folderRun;
  const { signal, onEvent } = asked;
  const shared = { run, runtime, features: good.features, signal };
  const made = await makeMemoryDetector({
    ...{ ...shared, onEvent, device: device.device },
    images: [...used.train, ...used.heldOut],
    provenance: () => provenance(counts(used)),
    ...(run.regionPerImage && { regionOf: good.regionOf }),
  });
  if (selection.test.length > 0) return { made, decoders: [] };
  const memory = await memoryWithout({ ...shared, scored: made.scored });
  return { made, decoders: [], unseen: { memory, scores: made.scored.map(({ score }) => score) } };
}

async function makeFromDecoders(
  { folderRun: { run }, good, folder, runtime, device, provenance, asked }: FitOptions,
  used: UsedImages,
): Promise<Pick<FittedDetector, 'made' | 'decoders'>> {
  const { signal, onEvent } = asked;
  const decoders = await trainDecoders({
    layers: run.layers,
    configuration: run.configuration,
    plan: run.plan,
    features: good.features,
    trainImages: used.train,
    heldOutImages: used.heldOut,
    device,
    checkpoints: checkpointFiles(folder),
    signal,
    onEvent,
  });
  const made = await makeDetector({
    run,
    runtime,
    decoders,
    calibrationImages: () => good.batches(calibrationImages(used)),
    heldOut: isHeldOut(used),
    trainImages: () => good.batches(evenlySpaced(used.train, STANDARD_IMAGES)),
    provenance: () => provenance(counts(used)),
    device: device.device,
    onEvent,
  });
  return { made, decoders };
}

const counts = ({ train, heldOut }: UsedImages) => ({ train: train.length, heldOut: heldOut.length });

/** Fewer than two held-out images say nothing of how scores are spread. */
const isHeldOut = ({ heldOut }: UsedImages): boolean => heldOut.length >= 2;

const calibrationImages = (used: UsedImages): readonly number[] =>
  isHeldOut(used) ? used.heldOut : used.train;
