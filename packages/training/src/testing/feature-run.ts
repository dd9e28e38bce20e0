// Decoders trained on made-up features: everything of a run but images and backbone, in tenths of a second.
import { join } from 'node:path';
import { decoderShape } from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import type { DetectorConfigurationInput } from '@cflow/spec';
import { type TrainDecodersOptions, type TrainedDecoder, trainDecoders } from '../decoder/train-decoders.js';
import type { TrainingEvent } from '../events.js';
import { FeatureStore } from '../features/feature-store.js';
import { type PlanOverrides, planTraining, type TrainingPlan } from '../plan/plan.js';
import type { TrainingDevice } from '../prepare/training-device.js';
import { checkpointFiles } from '../run/checkpoint-files.js';
import { RunFolder } from '../run/run-folder.js';

const LAYERS = [
  { name: 'fine', channels: 6, height: 4, width: 4 },
  { name: 'middle', channels: 9, height: 2, width: 2 },
  { name: 'coarse', channels: 12, height: 2, width: 1 },
];
const IMAGES = 16;

export interface FeatureRunOptions {
  resume?: boolean;
  signal?: AbortSignal;
  onEvent?: (event: TrainingEvent) => void;
  configuration?: DetectorConfigurationInput;
  overrides?: PlanOverrides;
  plan?: Partial<TrainingPlan>;
  heldOut?: number;
  device?: TrainingDevice;
}

export const cpu: TrainingDevice = {
  device: 'cpu',
  refused: [],
  threads: 2,
  createRuntime: async () => createNodeRuntime({ device: 'cpu' }),
};

export interface FeatureRun {
  decoders: TrainedDecoder[];
  events: TrainingEvent[];
}

/** Trains three small decoders with checkpoints in `<output>.training`. */
export async function featureRun(output: string, options: FeatureRunOptions = {}): Promise<FeatureRun> {
  const { configuration, plan } = planTraining(
    'fast',
    { couplingBlocks: 2, conditionVector: 8, fiberBatchSize: 8, lr: 2e-3, ...options.configuration },
    { epochs: 3, imageBatchSize: 5, patience: null, ...options.overrides },
  );
  const folder = await RunFolder.open(output, { configuration }, options.resume ?? false);
  const store = await FeatureStore.open(
    {
      folder: join(folder.path, 'features'),
      layers: LAYERS,
      limit: 1e9,
      fingerprint: '',
      images: IMAGES,
      async *stream() {
        for (let index = 0; index < IMAGES; index++) {
          yield { index, image: { width: 1, height: 1, data: Uint8Array.of(index, 0, 0) } };
        }
      },
      load: async () => [],
      compute: async (images) =>
        LAYERS.map(({ channels, height, width }, layer) => {
          const size = channels * height * width;
          return Float32Array.from({ length: images.length * size }, (_, i) => {
            const image = images[Math.floor(i / size)]!.data[0]!;
            return Math.sin(i * 1.3 + image * 0.7) + 0.4 * Math.cos((i % channels) * (layer + 2));
          });
        }),
    },
    8,
    () => undefined,
  );
  const heldOut = options.heldOut ?? 3;
  const events: TrainingEvent[] = [];
  const places = [...store.readable.keys()];
  try {
    const decoders = await trainDecoders({
      layers: LAYERS.map((layer) => ({ ...layer, decoder: decoderShape(configuration, layer.channels) })),
      configuration,
      plan: { ...plan, ...options.plan },
      features: store,
      trainImages: places.slice(heldOut),
      heldOutImages: places.slice(0, heldOut),
      device: options.device ?? cpu,
      checkpoints: checkpointFiles(folder),
      signal: options.signal ?? new AbortController().signal,
      onEvent: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
    } satisfies TrainDecodersOptions);
    return { decoders, events };
  } finally {
    await store.close();
  }
}
