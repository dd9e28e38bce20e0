// One training run without files: images in, the files of a bundle out. Runs in browsers and workers as well as in Node.

import { evenlySpaced } from '@cflow/images';
import type { DeviceCandidate, Runtime } from '@cflow/runtime';
import type { DetectorConfigurationInput, Device, DeviceChoice, RgbImage } from '@cflow/spec';
import { openTrainingBackbone, type TrainingBackbone, withBackbone } from '../backbone/training-backbone.js';
import { type TrainedDecoder, trainDecoders } from '../decoder/train-decoders.js';
import { completeBundle } from '../detector/complete-bundle.js';
import { type MadeDetector, makeDetector, STANDARD_IMAGES } from '../detector/make-detector.js';
import type { KnownProvenance } from '../detector/make-manifest.js';
import type { OnTrainingEvent } from '../events.js';
import { extractFeatures, fiberBackbone } from '../features/extract-features.js';
import { MemoryFeatures } from '../features/memory-features.js';
import { checkTrainingImages } from '../images/check-images.js';
import { inBatches } from '../images/in-batches.js';
import { splitGoodImages } from '../images/split-good-images.js';
import { leaveOutUnusual } from '../memory/leave-out-unusual.js';
import { makeMemoryDetector } from '../memory/make-memory-detector.js';
import { type PlanOverrides, type Preset, planTraining } from '../plan/plan.js';
import { checkName, type PreparedRun, prepareRun, startEvent } from '../prepare/prepare-run.js';
import { openTrainingDevice, type TrainingDevice } from '../prepare/training-device.js';
import { checkTrainingMemory } from '../prepare/training-memory.js';
import { runReport } from '../report/run-report.js';

export interface TrainInMemoryOptions {
  /** Name of the detector. */
  name: string;
  /** Good images of any size, at least 2. They are not copied, and must not change while the run goes on. */
  images: readonly RgbImage[];
  /** Good images to validate and calibrate on, at least 2. Left out: a share of `images`, where there are enough. */
  heldOut?: readonly RgbImage[] | undefined;
  /** The backbone of a bundle, see `trainingFromBundle`. It decides layers, input size and precision. */
  backbone: TrainingBackbone;
  preset: Preset;
  configuration?: DetectorConfigurationInput | undefined;
  overrides?: PlanOverrides | undefined;
  /** The devices of this host, best first. */
  devices: readonly DeviceCandidate[];
  /** Default `auto`: the first that computes the built-in probe graphs rightly. */
  device?: DeviceChoice | undefined;
  /** CPU threads in all, where the device has any to give. Default: one per core where that is known, else 1. */
  threads?: number | undefined;
  /** Of every random choice. Default: that of the configuration. */
  seed?: number | undefined;
  /** Bytes that features and decoders may take. Default 1 GiB. */
  memoryBytes?: number | undefined;
  /** What the manifest says of where the images come from. Default `images in memory`. */
  dataSet?: string | undefined;
  /** Versions for the manifest of what the numbers depend on, e.g. of onnxruntime-web. */
  versions?: Readonly<Record<string, string>> | undefined;
  /** When it aborts, the call that runs is the last: about a second, and the device is given back. */
  signal?: AbortSignal | undefined;
  onEvent?: OnTrainingEvent | undefined;
}

/**
 * Trains a detector on images in memory. The same images, seed and device give the same decoders as `trainDetector` on
 * a folder of them.
 *
 * Where the engine runs in the calling thread (wasm) each of its calls blocks it: call this in a Web Worker.
 *
 * @returns the bundle's files by name, `manifest.json` and `report.html` included
 * @throws ConfigurationError for options that cannot work or that would take too much memory, DataSetError for too few
 * images, ImageError for one that is none, DeviceError when no device works or it is lost, TrainingError when training
 * diverges, or the signal's reason
 */
export async function trainInMemory(options: TrainInMemoryOptions): Promise<Map<string, Uint8Array>> {
  const started = performance.now();
  const { name, backbone, images, heldOut: own = [], memoryBytes = 2 ** 30 } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  checkName(name);
  checkTrainingImages(images, own);
  const planned = planTraining(
    options.preset,
    {
      ...withBackbone(options.configuration ?? {}, backbone),
      ...(options.seed !== undefined && { seed: options.seed }),
    },
    options.overrides,
  );
  const { configuration } = planned;
  const selection = splitGoodImages(images, own, planned.plan.validationFraction, configuration.seed);
  const all = [...selection.train, ...selection.heldOut];
  const regionPerImage = all.some(({ region }) => region);
  const run = {
    ...prepareRun(name, planned, backbone, selection.train.length),
    ...(regionPerImage && { regionPerImage }),
  };
  checkTrainingMemory(run, all.length, memoryBytes);
  const device = await openTrainingDevice(
    options.device ?? 'auto',
    options.devices,
    options.threads ?? hardwareThreads(),
  );
  signal.throwIfAborted();
  onEvent(startEvent(run, device, { ...selection, test: [] }));

  const progress = (done: number): void => onEvent({ type: 'features', done, total: all.length });
  // One place after another and never two: a page may have memory for one only.
  const features = await onRuntime(device, (runtime) =>
    computeFeatures(run, runtime, all, { signal, progress }),
  );
  // A page opens no engine for nothing.
  const remaining =
    run.plan.contamination === 0
      ? undefined
      : await onRuntime(device, (runtime) =>
          leaveOutUnusual({
            ...{ run, runtime, features, signal, onEvent },
            images: [...all.keys()],
            nameOf: (place) => `image ${place + 1}`,
          }),
        );
  const places = [...all.keys()].filter((place) => remaining?.kept.has(place) ?? true);
  const trainImages = places.filter((place) => place < selection.train.length);
  const heldOutImages = places.filter((place) => place >= selection.train.length);
  const provenance = (): KnownProvenance => ({
    dataSet: options.dataSet ?? 'images in memory',
    trainImages: trainImages.length,
    validationImages: heldOutImages.length,
    trainingSeconds: (performance.now() - started) / 1000,
    versions: { ...options.versions },
  });
  const finish = async ({ files, manifest }: MadeDetector, decoders: readonly TrainedDecoder[]) => {
    const { plan } = run;
    await completeBundle(
      files,
      manifest,
      runReport({
        manifest,
        plan,
        decoders,
        evaluation: undefined,
        unreadable: [],
        unusual: remaining?.leftOut,
      }),
    );
    signal.throwIfAborted();
    onEvent({ type: 'done', bundle: name, seconds: (performance.now() - started) / 1000 });
    return files;
  };
  if (configuration.method === 'memory') {
    const good = [...trainImages, ...heldOutImages];
    const made = await onRuntime(device, (runtime) =>
      makeMemoryDetector({
        ...{ run, runtime, features, images: good, provenance, device: device.device, signal, onEvent },
        regionOf: async (place) => (all[place] as RgbImage).region,
      }),
    );
    return finish(made, []);
  }
  const decoders = await trainDecoders({
    layers: run.layers,
    configuration,
    plan: run.plan,
    features,
    trainImages,
    heldOutImages,
    device,
    signal,
    onEvent,
  });

  const heldOut = heldOutImages.length >= 2;
  const load = async (places: readonly number[]): Promise<RgbImage[]> =>
    places.map((place) => all[place] as RgbImage);
  const made = await onRuntime(device, (runtime) =>
    makeDetector({
      run,
      runtime,
      decoders,
      calibrationImages: () =>
        inBatches(heldOut ? heldOutImages : trainImages, load, batchOn(device.device), signal),
      heldOut,
      trainImages: () =>
        inBatches(evenlySpaced(trainImages, STANDARD_IMAGES), load, batchOn(device.device), signal),
      provenance,
      device: device.device,
      onEvent,
    }),
  );
  return finish(made, decoders);
}

async function computeFeatures(
  { backbone, layers, configuration: { geometry } }: PreparedRun,
  runtime: Runtime,
  images: readonly RgbImage[],
  { signal, progress }: { signal: AbortSignal; progress: (done: number) => void },
): Promise<MemoryFeatures> {
  const features = new MemoryFeatures(layers, images.length);
  const session = await openTrainingBackbone(runtime, backbone, fiberBackbone(backbone));
  const load = async (places: readonly number[]) => places.map((place) => images[place] as RgbImage);
  let done = 0;
  for await (const batch of inBatches([...images.keys()], load, batchOn(runtime.device), signal)) {
    features.write(done, await extractFeatures(session, layers, batch, backbone.inputSize, { geometry }));
    done += batch.length;
    progress(done);
  }
  return features;
}

/** Images that go through the backbone at once: as many as with folders, but for wasm, which has one core and little memory. */
const batchOn = (device: Device): number => (device === 'wasm' ? 1 : 8);

async function onRuntime<T>(device: TrainingDevice, work: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = await device.createRuntime();
  try {
    return await work(runtime);
  } finally {
    await runtime.dispose();
  }
}

/** Browsers and newer Nodes say how many threads the machine runs at once. */
function hardwareThreads(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 1;
}
