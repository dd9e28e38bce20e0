import { type DecoderShape, decoderShape } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';
import type { DetectorConfiguration } from '@cflow/spec';
import { finestSteps } from '../../../packages/training/src/batches/layer-steps.js';
import type { CheckpointStore } from '../../../packages/training/src/decoder/checkpoint.js';
import { parametersOf } from '../../../packages/training/src/decoder/decoder-state.js';
import { trainDecoders } from '../../../packages/training/src/decoder/train-decoders.js';
import { type TrainingPlan, withEnoughSteps } from '../../../packages/training/src/plan/plan.js';
import type { DetectorLayer } from '../../../packages/training/src/prepare/prepare-run.js';
import type { RaceData } from './race-data.js';

/** What a decoder was like at some moment of its training. */
export interface Snapshot {
  /** Seconds since training began. */
  seconds: number;
  /** The best mean negative log-likelihood per dimension of held-out images of the epochs done; Infinity before the first. */
  heldOut: number;
  parameters: Map<string, Tensor>;
}

export interface TimedRun {
  layers: readonly DetectorLayer[];
  /** Per layer, one snapshot after each epoch, and between them after about each second. */
  snapshots: readonly (readonly Snapshot[])[];
  /** Seconds until the last decoder was done. */
  seconds: number;
}

export interface TimedRunOptions {
  data: RaceData;
  planned: { configuration: DetectorConfiguration; plan: TrainingPlan };
  trainImages: readonly number[];
  heldOutImages: readonly number[];
  threads: number;
}

/** Trains the decoders as a training run does, on features that are there, and keeps what they are after each epoch. */
export async function timedRun(options: TimedRunOptions): Promise<TimedRun> {
  const { data, planned, trainImages, heldOutImages, threads } = options;
  const { configuration } = planned;
  const layers = data.layers.map((layer) => ({
    ...layer,
    decoder: decoderShape(configuration, layer.channels),
  }));
  const plan = withEnoughSteps(
    planned.plan,
    finestSteps({ layers, plan: planned.plan, configuration }, trainImages.length),
  );
  const snapshots: Snapshot[][] = layers.map(() => []);
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const checkpoints: CheckpointStore = {
    read: async () => undefined,
    write: async (layer, { progress: { history, step, batch }, best, state }) => {
      const shape = layers[layer]?.decoder as DecoderShape;
      const between = step > 0 || batch > 0;
      (snapshots[layer] as Snapshot[]).push({
        seconds: elapsed(),
        heldOut: Math.min(...history.map(({ heldOut }) => heldOut as number)),
        // Steps replace tensors and leave the old ones as they are.
        parameters: between ? parametersOf(shape, state) : new Map(best),
      });
    },
  };
  await trainDecoders({
    layers,
    configuration,
    plan,
    features: data.features,
    trainImages,
    heldOutImages,
    device: {
      device: 'cpu',
      refused: [],
      threads,
      createRuntime: async () => createNodeRuntime({ device: 'cpu', threads }),
    },
    checkpoints,
    // Whenever a call of the training graph, of about a second, has ended.
    checkpointSeconds: 0,
    signal: new AbortController().signal,
    onEvent: () => undefined,
  });
  return { layers, snapshots, seconds: elapsed() };
}
