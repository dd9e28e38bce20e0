import {
  type DecoderShape,
  isOfFirstSubnet,
  likelihoodGraph,
  NEXT,
  positionalEncoding,
  trainingGraph,
} from '@cflow/model';
import { adamSteps, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime, Session } from '@cflow/runtime';
import { TrainingError } from '@cflow/spec';
import { allFinite } from '../all-finite.js';
import type { FiberBatches } from '../batches/fiber-batches.js';
import { pause } from '../pause.js';
import { CallPace } from './call-pace.js';
import { conditionRows } from './condition-rows.js';
import { type DecoderState, isParameter } from './decoder-state.js';
import {
  isUnrolled,
  type Steps,
  stateInRows,
  takeLoopedSteps,
  takeUnrolledSteps,
  UNROLLED_STEPS,
} from './take-steps.js';

export interface DecoderTrainerOptions {
  layer: string;
  shape: DecoderShape;
  height: number;
  width: number;
  runtime: Runtime;
  threads: number;
  state: DecoderState;
  /** Whether the first block's subnet is 0 and stays so. Default false. */
  standardizing?: boolean;
  /** Rows that one call of the likelihood graph takes, which bounds its memory and its time. Default 8192. */
  likelihoodRows?: number;
  /** Whether a checkpoint is kept somewhere, for messages. */
  checkpointed?: boolean;
}

const LIKELIHOOD_ROWS = 8192;

/** Trains one decoder on one device, a run of optimizer steps at a time. */
export class DecoderTrainer {
  readonly layer: string;
  readonly state: DecoderState;
  readonly #options: DecoderTrainerOptions;
  // One graph per size of fiber batch, of its grid, and per number of steps where they are unrolled: fixed in it.
  readonly #training: Map<string, Promise<Session>> = new Map();
  #likelihood: Promise<Session> | undefined;
  /** By size of fiber batch. */
  readonly #paces: Map<number, CallPace> = new Map();

  constructor(options: DecoderTrainerOptions) {
    this.layer = options.layer;
    this.state = options.state;
    this.#options = options;
  }

  /**
   * Takes the steps of one group of fiber batches.
   *
   * @param features rows, [fibers, C]
   * @param learningRates one per step
   * @returns the loss of each step
   * @throws TrainingError when a loss or a parameter is not finite; the state is then still the one before the call
   */
  async train(
    features: Float32Array,
    batches: FiberBatches,
    learningRates: readonly number[],
  ): Promise<Float32Array> {
    const { shape, height, width, runtime } = this.#options;
    const { size, steps, order, mapRows } = batches;
    const group: Steps = {
      tensors: this.#fed(),
      features,
      channels: shape.channels,
      area: shape.conditionVector > 0 ? height * width : 0,
      size,
      steps,
      order,
      mapRows,
      ...adamSteps(learningRates, this.state.steps + 1),
    };
    const gridRows = mapRows && mapRows.length / steps;
    const unrolled = isUnrolled(runtime.device);
    // Made ready before the clock starts, as far as it is known which ones are needed.
    if (!unrolled) await this.#trainingSession(size, gridRows);
    const started = performance.now();
    const result = unrolled
      ? await takeUnrolledSteps((count) => this.#trainingSession(size, gridRows, count), group)
      : await takeLoopedSteps(await this.#trainingSession(size, gridRows), group);
    this.#paceOf(size).add(steps, performance.now() - started);
    const losses = (result.losses as Tensor).data as Float32Array;
    const bad = losses.findIndex((loss) => !Number.isFinite(loss));
    if (bad >= 0) throw this.#diverged(`the loss became ${losses[bad]}`, losses, bad, learningRates);
    const next = Object.entries(result).filter(([name]) => name.startsWith(NEXT));
    // A loss is that of the parameters before its step: what the last step did would show in the next call only.
    const broken = next.find(([, { data }]) => !allFinite(data as Float32Array));
    if (broken) {
      const [name] = broken;
      throw this.#diverged(`${name.slice(NEXT.length)} is not finite`, losses, steps - 1, learningRates);
    }
    for (const [name, tensor] of next) this.state.tensors.set(name.slice(NEXT.length), tensor);
    this.state.steps += steps;
    return losses;
  }

  /** How many steps to take in one call so that it lasts about so long; the result does not depend on it. */
  stepsPerCall(size: number, seconds: number): number {
    const steps = this.#paceOf(size).steps(1000 * seconds);
    const whole = steps - (steps % UNROLLED_STEPS);
    return isUnrolled(this.#options.runtime.device) && whole > 0 ? whole : steps;
  }

  #paceOf(size: number): CallPace {
    const pace = this.#paces.get(size) ?? new CallPace();
    this.#paces.set(size, pace);
    return pace;
  }

  /**
   * Mean negative log-likelihood per dimension (natural log) of rows [fibers, C] whose count is a multiple of h · w.
   * @throws TrainingError when it is not finite; the signal's reason, between two calls of the graph
   */
  async negativeLogLikelihood(features: Float32Array, signal?: AbortSignal): Promise<number> {
    const { shape, height, width, likelihoodRows = LIKELIHOOD_ROWS } = this.#options;
    const { channels, conditionVector } = shape;
    const area = height * width;
    const rows = features.length / channels;
    const session = await this.#likelihoodSession();
    const parameters = Object.fromEntries([...this.state.tensors].filter(([name]) => isParameter(name)));
    const encoding = conditionVector > 0 ? positionalEncoding(conditionVector, height, width) : undefined;
    let sum = 0;
    for (let start = 0; start < rows; start += likelihoodRows) {
      await pause();
      signal?.throwIfAborted();
      const count = Math.min(likelihoodRows, rows - start);
      const { log_likelihood: found } = await session.run(
        {
          ...parameters,
          features: {
            type: 'float32',
            dims: [count, channels],
            data: features.subarray(start * channels, (start + count) * channels),
          },
          ...(encoding && {
            condition: conditionRows(encoding, conditionVector, count, (row) => (start + row) % area),
          }),
        },
        { fetches: ['log_likelihood'] },
      );
      for (const value of (found as Tensor).data as Float32Array) sum -= value;
    }
    if (!Number.isFinite(sum))
      throw this.#diverged('the likelihood of held-out images is not finite', [], 0, []);
    return sum / rows;
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#training.values(), ...(this.#likelihood ? [this.#likelihood] : [])];
    await Promise.allSettled(sessions.map(async (session) => (await session).dispose()));
  }

  /** What of the state the training graph takes. */
  #fed(): ReadonlyMap<string, Tensor> {
    const { standardizing = false } = this.#options;
    return new Map([...this.state.tensors].filter(([name]) => !(standardizing && isOfFirstSubnet(name))));
  }

  #trainingSession(size: number, gridRows: number | undefined, unrolledSteps?: number): Promise<Session> {
    const { shape, height, width, runtime, threads, standardizing } = this.#options;
    const key = `${size} ${gridRows ?? 'random'} ${unrolledSteps ?? 'loop'}`;
    let session = this.#training.get(key);
    if (!session) {
      const graph = trainingGraph(shape, {
        height,
        width,
        fiberBatchSize: size,
        standardizing,
        stateInRows: stateInRows(runtime.device),
        ...(gridRows !== undefined && { grid: { rows: gridRows } }),
        ...(unrolledSteps !== undefined && { unrolledSteps }),
      });
      session = runtime.createSession({ model: writeModel(graph) }, { threads, spinning: 'none' });
      this.#training.set(key, session);
    }
    return session;
  }

  #likelihoodSession(): Promise<Session> {
    const { shape, runtime, threads } = this.#options;
    this.#likelihood ??= runtime.createSession(
      { model: writeModel(likelihoodGraph(shape)) },
      { threads, spinning: 'none' },
    );
    return this.#likelihood;
  }

  #diverged(
    what: string,
    losses: ArrayLike<number>,
    at: number,
    learningRates: readonly number[],
  ): TrainingError {
    const { layer } = this;
    const kept = this.#options.checkpointed ? 'The last checkpoint is kept; train' : 'Train';
    const step = this.state.steps + at + 1;
    const learningRate = learningRates[at];
    const before = at > 0 ? `, loss ${losses[at - 1]} the step before` : '';
    const rate = learningRate === undefined ? '' : ` with learning rate ${learningRate}`;
    return new TrainingError(
      `the training of layer ${layer} diverged at step ${step}${rate}${before}: ${what}. ` +
        `${kept} again with a lower learning rate, and check the images for damage`,
      {
        details: {
          option: 'lr',
          layer,
          step,
          ...(learningRate !== undefined && { learningRate }),
          // As text, since JSON has neither NaN nor Infinity.
          losses: Array.from(losses)
            .slice(Math.max(0, at - 5), at + 1)
            .map(String),
        },
      },
    );
  }
}
