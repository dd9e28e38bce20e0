import { regionFill } from '@cflow/images';
import type { Runtime, Session } from '@cflow/runtime';
import type { DataSetItem, PictureRegion, RgbImage } from '@cflow/spec';
import { openTrainingBackbone } from '../backbone/training-backbone.js';
import { extractFeatures, fiberBackbone } from '../features/extract-features.js';
import { FeatureStore } from '../features/feature-store.js';
import { inBatches } from '../images/in-batches.js';
import { type TrainingImages, trainingImages } from '../images/training-images.js';
import type { FolderRun } from './prepare-folder-run.js';
import type { RunFolder } from './run-folder.js';
import type { AskedTraining } from './train-detector-options.js';

/** Images that are decoded, and go through the backbone, at once. */
const BATCH = 8;

/** The good images that can be read, by place: their features, kept on disk, and their pixels, decoded when they are needed. */
export interface GoodImages {
  features: FeatureStore;
  /** Places of those of some images that can be read. */
  placesOf(items: readonly DataSetItem[]): number[];
  itemAt(place: number): DataSetItem;
  /** Pixels at the input's size, a few images at a time. */
  batches(places: readonly number[]): AsyncIterable<RgbImage[]>;
  /** What counts of an image that has a region of its own. */
  regionOf(place: number): Promise<PictureRegion | undefined>;
  /** Names and counts an image that is left out, of good ones or of others. */
  leaveOut: TrainingImages['leaveOut'];
  readonly unreadable: TrainingImages['unreadable'];
}

/** Computes the features of all good images, unless an interrupted run has already. */
export async function openGoodImages(
  { run, items, backboneSha256, imagesSha256 }: FolderRun,
  { strict = false, limits, featureBytes = 8 * 2 ** 30, signal, onEvent }: AskedTraining,
  folder: RunFolder,
  runtime: Runtime,
): Promise<GoodImages> {
  const { layers, backbone, region } = run;
  const { inputSize, geometry, range, outOfRange } = run.configuration;
  const images = trainingImages(
    items,
    { inputSize, geometry },
    { strict, limits, range, outOfRange },
    signal,
    onEvent,
  );
  const fill = region && regionFill(region);
  let extractor: Promise<Session> | undefined;
  const features = await FeatureStore.open(
    {
      folder: folder.features,
      layers,
      limit: featureBytes,
      fingerprint: `${backboneSha256}/${imagesSha256}/${inputSize}/${JSON.stringify([range, region, geometry])}`,
      images: items.length,
      stream: images.stream,
      load: images.load,
      compute: async (batch) => {
        extractor ??= openTrainingBackbone(runtime, backbone, fiberBackbone(backbone));
        return extractFeatures(await extractor, layers, batch, inputSize, { geometry, fill });
      },
    },
    BATCH,
    (done, total) => onEvent({ type: 'features', done, total }),
  );
  const { readable } = features;
  images.leaveOutAllBut(readable);
  const indexAt = (place: number): number => readable[place]!;
  return {
    features,
    placesOf(wanted) {
      const members = new Set(wanted);
      return readable.flatMap((index, place) => (members.has(items[index] as DataSetItem) ? [place] : []));
    },
    itemAt: (place) => items[indexAt(place)] as DataSetItem,
    batches: (places) => inBatches(places.map(indexAt), images.load, BATCH, signal),
    regionOf: (place) => images.regionOf(indexAt(place)),
    leaveOut: images.leaveOut,
    unreadable: images.unreadable,
  };
}
