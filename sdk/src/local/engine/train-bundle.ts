import { inspectBackbone, parseManifest, sha256Hex } from '@cflow/detector';
import type { RangeOptions } from '@cflow/images';
import type { DeviceCandidate } from '@cflow/runtime';
import { BUNDLE_FILES, type DeviceAttempt, presetFor, type RgbImage } from '@cflow/spec';
import {
  type BundleTraining,
  type PlanOverrides,
  type Preset,
  trainInMemory,
  trainingFromBundle,
} from '@cflow/training';
import { type AsyncZippable, zip } from 'fflate';
import { BundleError } from '../errors.js';
import type { BundleMessage, ImageMessage, TrainedMessage, TrainMessage } from '../protocol.js';
import type { Notice } from '../types.js';
import type { CallContext } from './call-context.js';
import type { LoadJpeg } from './decode-message.js';
import { type FetchOptions, fetchedBundle } from './fetched-bundle.js';
import { FileCache } from './file-cache.js';
import type { FileShelf } from './file-shelf.js';
import { foundRange } from './found-range.js';
import type { NoticeList } from './notice-list.js';

/** What the engine of a page or worker trains with. */
export interface TrainingEngine {
  devices: readonly DeviceCandidate[];
  /** Threads that wasm has. */
  threads: number;
  loadJpeg: LoadJpeg;
  shelf: FileShelf;
  notices: NoticeList;
  decode(images: readonly ImageMessage[], range: RangeOptions): Promise<RgbImage[]>;
}

/** Trains as it was asked for. All of it is fetched when somebody trains, which pages that score do without. */
export async function trainRequested(
  request: TrainMessage,
  context: CallContext,
  { devices, threads, loadJpeg, shelf, notices, decode }: TrainingEngine,
): Promise<TrainedMessage> {
  const { signal, report } = context;
  const all = [...request.images, ...(request.heldOut ?? [])];
  const range = request.range ?? (await foundRange(all, signal, loadJpeg));
  if (range) report({ stage: 'training', event: { type: 'range', ...range, told: !!request.range } });
  const images = await decode(request.images, { range });
  const heldOut = request.heldOut && (await decode(request.heldOut, { range }));
  const onNotice = (notice: Notice): void => notices.add(notice);
  const trained = await trainBundle(
    { ...request, range },
    { images, heldOut, devices, threads },
    { cache: new FileCache(request.cache, onNotice), shelf, onNotice, onProgress: report, signal },
    context,
  );
  return { ...trained, notices: notices.all() };
}

interface TrainingParts {
  images: readonly RgbImage[];
  heldOut: readonly RgbImage[] | undefined;
  devices: readonly DeviceCandidate[];
  threads: number;
}

/** Trains on images with the backbone of another bundle; events are reported as they come. */
async function trainBundle(
  { from, name, preset, overrides, device, seed, range }: TrainMessage,
  { images, heldOut, devices, threads }: TrainingParts,
  fetching: FetchOptions,
  { signal, report }: CallContext,
): Promise<{ files: Map<string, Blob>; refused: readonly DeviceAttempt[] }> {
  const { backbone, configuration } = await backboneOf(from, fetching);
  signal.throwIfAborted();
  let refused: readonly DeviceAttempt[] = [];
  const files = await trainInMemory({
    name,
    images,
    heldOut,
    backbone,
    configuration: { ...configuration, ...(range && { range }) },
    preset: (preset ?? presetFor({ ...overrides })) as Preset,
    overrides: overrides as PlanOverrides | undefined,
    devices,
    device,
    threads,
    seed,
    signal,
    onEvent(event) {
      if (event.type === 'start') refused = event.refused;
      report({ stage: 'training', event });
    },
  });
  const blobs = [...files].map(
    ([file, bytes]) => [file, new Blob([bytes as Uint8Array<ArrayBuffer>])] as const,
  );
  return { files: new Map(blobs), refused };
}

async function backboneOf(from: BundleMessage, fetching: FetchOptions): Promise<BundleTraining> {
  const wanted = [BUNDLE_FILES.backboneModel, BUNDLE_FILES.backboneWeights];
  const source = fetchedBundle(from, fetching, wanted);
  const manifest = await parseManifest(await source.read(BUNDLE_FILES.manifest), source.name);
  const files = new Map<string, Uint8Array>();
  for (const file of wanted) {
    const bytes = await source.read(file);
    if ((await sha256Hex(bytes)) !== manifest.files[file]?.sha256) {
      throw new BundleError(`${file} of bundle "${source.name}" is damaged; get the bundle again`, {
        details: { file },
      });
    }
    files.set(file, bytes);
  }
  const weights = files.get(BUNDLE_FILES.backboneWeights) as Uint8Array;
  const start = new Map([[BUNDLE_FILES.backboneWeights, { start: weights, bytes: weights.length }]]);
  await inspectBackbone({ manifest, files, weights: start }, source.name);
  return trainingFromBundle({ source, manifest, files });
}

/** The files as a ZIP archive. They are stored as they are: weights do not get smaller. */
export async function archiveFiles(files: ReadonlyMap<string, Blob>): Promise<Blob> {
  const entries: AsyncZippable = {};
  for (const [name, file] of files) entries[name] = new Uint8Array(await file.arrayBuffer());
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    zip(entries, { level: 0 }, (error, data) => (error ? reject(error) : resolve(data)));
  });
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/zip' });
}
