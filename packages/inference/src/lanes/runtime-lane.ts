import { backboneKey, type openHead, probeGraphs, readProbe, type VerifiedBundle } from '@cflow/detector';
import type { Tensor } from '@cflow/onnx';
import type { Runtime, Session, SessionOptions } from '@cflow/runtime';
import { DeviceError } from '@cflow/spec';
import { gatherRows, outputOf, type RawOutput, type Row, rowsOfHeads, stackRows } from '../batches/batch.js';
import { measureBatchSizes } from '../batches/measure-batch-sizes.js';
import type { Lane, LaneFailure } from './lane.js';
import { laneGone, lateness } from './lane-gone.js';
import { sizeOf } from './lane-options.js';
import { openSessions } from './open-sessions.js';
import { bothWatches, type Step, StepClock, type StepLimits, type StepWatch } from './step-watch.js';

export interface RuntimeLaneOptions {
  /** The batch size that so many images are padded to. */
  sizeFor(count: number): number;
  /** How heads are opened. */
  headOptions?: SessionOptions | undefined;
  /**
   * Opens a detector as one graph in the head's place (`openOneGraph`), which some hosts have no use for. Left out,
   * backbones are shared and run separately.
   */
  openWhole?: typeof openHead | undefined;
  /** Most images of a batch, where sizes larger than the warmed ones are tried; left out, none are. */
  mostImages?: number | undefined;
  /** Free bytes of the device, where it reports them. */
  freeBytes?: (() => Promise<number | undefined>) | undefined;
  /** How long the engine may take; left out, there is no limit. */
  limits?: StepLimits | undefined;
  /** Told of the engine's calls, where somebody else watches the clock. */
  watch?: StepWatch | undefined;
  now(): number;
}

interface SharedBackbone {
  session: Session;
  inputSize: readonly [number, number];
  /** Detectors that use it. */
  users: number;
}

interface OpenHead {
  session: Session;
  /** Which backbone, see `backboneKey`. */
  backbone: string;
}

/** Images are decoded and answers written on the same cores: a waiting engine must not spin on them. */
const ON_SHARED_CORES: SessionOptions = { spinning: 'none' };
const UNWATCHED: StepWatch = { begin: () => () => undefined };

/** A lane whose sessions live in a runtime of this process. */
export class RuntimeLane implements Lane {
  readonly #runtime: Runtime;
  readonly #options: RuntimeLaneOptions;
  readonly #clock: StepClock | undefined;
  readonly #watch: StepWatch;
  readonly #backbones: Map<string, SharedBackbone> = new Map();
  readonly #heads: Map<string, OpenHead> = new Map();
  /** Sizes of batches by backbone, where they were measured. */
  readonly #sizes: Map<string, readonly number[]> = new Map();
  /** Rejects calls under way: nobody must wait for ever for an engine that does not come back. */
  readonly #rejections: Set<(error: DeviceError) => void> = new Set();
  #failure: LaneFailure | undefined;

  constructor(runtime: Runtime, options: RuntimeLaneOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#clock =
      options.limits &&
      new StepClock(options.limits, options.now, (step, limitMs) => this.#beLate(step, limitMs));
    this.#watch = options.watch ?? this.#clock ?? UNWATCHED;
  }

  get failure(): LaneFailure | undefined {
    const { failure: reason } = this.#runtime;
    if (reason) this.#failure ??= { reason, step: this.#clock?.current, late: false };
    return this.#failure;
  }

  open(
    key: string,
    bundle: VerifiedBundle,
    warmSizes: readonly number[],
  ): Promise<readonly number[] | undefined> {
    return this.#unlessLate(this.#open(key, bundle, warmSizes));
  }

  async close(key: string): Promise<void> {
    const head = this.#heads.get(key);
    if (!head) return;
    this.#heads.delete(key);
    const shared = this.#backbones.get(head.backbone) as SharedBackbone;
    shared.users--;
    if (shared.users === 0) this.#backbones.delete(head.backbone);
    const freed = [head.session.dispose(), ...(shared.users === 0 ? [shared.session.dispose()] : [])];
    await this.#unlessLate(Promise.all(freed));
  }

  run(
    rows: readonly Row[],
    afterBackbone: () => void,
    watch?: StepWatch | undefined,
  ): Promise<(RawOutput[] | DeviceError)[]> {
    return this.#unlessLate(this.#run(rows, afterBackbone, bothWatches(this.#watch, watch)));
  }

  async dispose(): Promise<void> {
    await this.#runtime.dispose();
    this.#clock?.stop();
  }

  async abandon(): Promise<void> {
    this.#clock?.stop();
    await (this.#runtime.terminate?.() ?? this.#runtime.dispose());
  }

  async #open(
    key: string,
    bundle: VerifiedBundle,
    warmSizes: readonly number[],
  ): Promise<readonly number[] | undefined> {
    const { manifest } = bundle;
    const used = backboneKey(manifest);
    const shared = this.#backbones.get(used);
    const step: Step = { kind: 'open', key };
    const { headOptions, openWhole, mostImages, freeBytes, now } = this.#options;
    const sessions = await openSessions(this.#runtime, bundle, {
      shared: shared?.session,
      headOptions: { ...ON_SHARED_CORES, ...headOptions },
      backboneOptions: ON_SHARED_CORES,
      openWhole,
      watched: (call) => this.#watched(step, 0, '', call),
    });
    const { backbone, head } = sessions;
    try {
      const tried = [this.#inStep(backbone, step, used), this.#inStep(head, step, key)] as const;
      await probeGraphs(...tried, readProbe(bundle));
      const { inputSize } = manifest.configuration;
      const warmOne = (size: number): Promise<void> => warm(...tried, size, inputSize);
      if (mostImages !== undefined && !this.#sizes.has(used)) {
        const trial = { run: warmOne, freeBytes, now };
        this.#sizes.set(used, await measureBatchSizes(trial, warmSizes, mostImages));
      } else for (const size of this.#sizes.get(used) ?? warmSizes) await warmOne(size);
      this.#backbones.set(used, { session: backbone, inputSize, users: (shared?.users ?? 0) + 1 });
      this.#heads.set(key, { session: head, backbone: used });
      return this.#sizes.get(used);
    } catch (error) {
      await sessions.dispose();
      throw error;
    }
  }

  async #run(
    rows: readonly Row[],
    afterBackbone: () => void,
    watch: StepWatch,
  ): Promise<(RawOutput[] | DeviceError)[]> {
    const { backbone: hash } = rows[0] as Row;
    const { session, inputSize } = this.#backbones.get(hash) as SharedBackbone;
    const sizes = this.#sizes.get(hash);
    const sizeFor = sizes ? (count: number) => sizeOf(sizes, count) : this.#options.sizeFor;
    const image = stackRows(rows, sizeFor(rows.length), inputSize);
    const features = await this.#watched(
      { kind: 'backbone', key: hash },
      image.dims[0]!,
      hash,
      () => session.run({ image }, { consumeFeeds: true }),
      watch,
    );
    const heads = [...rowsOfHeads(rows)];
    // Memory can be transferred only once; a head that gets some of the rows gets a copy of them.
    const consumeFeeds = heads.length === 1;
    const runs = heads.map(async ([key, { rows: taken, map }]) => {
      const all = taken.length === rows.length;
      const size = sizeFor(taken.length);
      const feeds = all ? features : gatherRows(features, taken, size);
      const { session: head } = this.#heads.get(key) as OpenHead;
      const fetches = map ? ['score', 'anomaly_map'] : ['score'];
      const call = () => head.run(feeds, { fetches, consumeFeeds: consumeFeeds || !all });
      const outputs = await this.#watched({ kind: 'head', key }, size, key, call, watch);
      return [key, { taken, outputs }] as const;
    });
    afterBackbone();
    const outputs = new Map(await Promise.all(runs));
    return rows.map((row, index) => {
      const results = row.heads.map(({ key, map }) => {
        const head = outputs.get(key) as { taken: number[]; outputs: Record<string, Tensor> };
        return outputOf(head.outputs, head.taken.indexOf(index), map);
      });
      const wrong = results.find(({ score }) => !Number.isFinite(score));
      if (!wrong) return results;
      const reason = `it gives ${wrong.score} as score`;
      return new DeviceError('an image cannot be scored', [{ device: this.#runtime.device, reason }]);
    });
  }

  async #watched<T>(
    step: Step,
    images: number,
    pace: string,
    call: () => Promise<T>,
    watch: StepWatch = this.#watch,
  ): Promise<T> {
    const over = watch.begin(step, images, pace);
    try {
      return await call();
    } catch (error) {
      // While it is still known what the engine was doing.
      void this.failure;
      throw error;
    } finally {
      over();
    }
  }

  /** A session whose runs are part of a step. */
  #inStep(session: Session, step: Step, pace: string): Session {
    const { device, inputs, outputs } = session;
    return {
      device,
      inputs,
      outputs,
      dispose: () => session.dispose(),
      run: (feeds, options) => {
        const images = (Object.values(feeds)[0] as Tensor).dims[0] ?? 1;
        return this.#watched(step, images, pace, () => session.run(feeds, options));
      },
    };
  }

  #beLate(step: Step, limitMs: number): void {
    if (this.failure) return;
    const reason = laneGone(this.#runtime.device, lateness(step, limitMs));
    this.#failure = { reason, step, late: true };
    for (const reject of this.#rejections) reject(reason);
  }

  #unlessLate<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure?.late) reject(this.#failure.reason);
      this.#rejections.add(reject);
      work.then(resolve, reject).finally(() => this.#rejections.delete(reject));
    });
  }
}

async function warm(
  backbone: Session,
  head: Session,
  size: number,
  inputSize: readonly [number, number],
): Promise<void> {
  const image = stackRows([], size, inputSize);
  const features = await backbone.run({ image }, { consumeFeeds: true });
  await head.run(features, { fetches: ['score'], consumeFeeds: true });
}
