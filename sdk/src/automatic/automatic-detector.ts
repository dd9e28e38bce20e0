import type { Asked, Detector, ImageInput, Prediction, PredictOptions } from '../detector.js';
import { AbortedError, ArgumentError, CflowError } from '../errors.js';
import { reusableImage } from '../local/image-message.js';
import type { Side, Where } from './side.js';

/** `fastest` asks both for the first images, and then the one that was quicker. */
export type Preference = 'local' | 'remote' | 'fastest';

/** The place that did not answer, and why. */
export interface NotUsed {
  where: Where;
  reason: string;
}

/** A prediction that also says why it did not come from the other place. */
export type AutomaticPrediction<
  M extends Asked = Asked,
  O extends Asked = Asked,
  R extends Asked = Asked,
> = Prediction<M, O, R> & { notUsed: NotUsed };

/** Images that `fastest` measures both places with. */
const MEASURED = 3;

/** What is wrong with an image or an option is so in both places. */
const SAME_EVERYWHERE: readonly string[] = ['configuration', 'image', 'aborted'];

interface Outcome {
  side: Side;
  predictions: Prediction[];
}

/** One detector over two places: asks the preferred one, and the other when that fails or takes too long. */
export class AutomaticDetector implements Detector {
  readonly #sides: Readonly<Record<Where, Side>>;
  readonly #prefer: Preference;
  readonly #budget: number | undefined;
  #chosen: Where | undefined;
  #disposed: Promise<void> | undefined;

  /** Made by `createDetector`. */
  constructor(sides: Readonly<Record<Where, Side>>, prefer: Preference, budget: number | undefined) {
    this.#sides = sides;
    this.#prefer = prefer;
    this.#budget = budget;
  }

  get name(): string {
    return this.#any().name;
  }

  /** Of the local detector where it is loaded, else of the remote one; each prediction names its own. */
  get version(): string {
    return this.#any().version;
  }

  /** Where the next image is computed first; `measuring` until `fastest` has chosen. */
  get chosen(): Where | 'measuring' {
    if (this.#prefer === 'fastest' && this.#chosen === undefined) return 'measuring';
    return this.#order()[0].where;
  }

  async predict<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    image: ImageInput,
    options: PredictOptions<M, O, R> = {},
  ): Promise<AutomaticPrediction<M, O, R>> {
    const [prediction] = await this.predictBatch([image], options);
    return prediction as AutomaticPrediction<M, O, R>;
  }

  async predictBatch<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    images: readonly ImageInput[],
    options: PredictOptions<M, O, R> = {},
  ): Promise<AutomaticPrediction<M, O, R>[]> {
    if (this.#disposed) throw new ArgumentError('the detector was disposed; make it again');
    // Two places may read them: what can be read only once is read now.
    const reusable = await Promise.all(images.map((image) => reusableImage(image, options.signal)));
    const ignore = options.ignore && (await reusableImage(options.ignore, options.signal));
    const { side, predictions } = await this.#answer(reusable, { ...options, ignore });
    const other = this.#other(side);
    const notUsed = { where: other.where, reason: this.#reason(side, other) };
    return predictions.map((prediction) => ({ ...prediction, notUsed })) as AutomaticPrediction<M, O, R>[];
  }

  dispose(): Promise<void> {
    const { local, remote } = this.#sides;
    this.#disposed ??= Promise.all([local.dispose(), remote.dispose()]).then(() => undefined);
    return this.#disposed;
  }

  async #answer(images: readonly ImageInput[], options: PredictOptions): Promise<Outcome> {
    const [first, second] = this.#order();
    if (this.#measures()) {
      const both = [this.#ask(first, images, options), this.#ask(second, images, options)];
      return await firstOf(both, [], options.signal);
    }
    const attempt = new AbortController();
    const preferred = this.#ask(first, images, withSignal(options, attempt.signal));
    const quick = this.#budget === undefined ? preferred : within(preferred, this.#budget * images.length);
    try {
      return await quick;
    } catch (error) {
      if (endsAll(error, options.signal)) throw error;
      const rest = new AbortController();
      const late = error === LATE;
      if (late) first.problem = `took longer than ${this.#budget} ms per image`;
      const fallback = this.#ask(second, images, withSignal(options, rest.signal));
      if (!late) return await firstOf([fallback], [error], options.signal);
      const outcome = await firstOf([preferred, fallback], [], options.signal);
      (outcome.side === first ? rest : attempt).abort();
      return outcome;
    }
  }

  async #ask(side: Side, images: readonly ImageInput[], options: PredictOptions): Promise<Outcome> {
    try {
      const detector = side.ready ?? (await side.detector());
      const start = performance.now();
      const predictions = await detector.predictBatch(images, options);
      if (this.#prefer === 'fastest' && this.#chosen === undefined) {
        side.times.push((performance.now() - start) / images.length);
        this.#choose();
      }
      side.worked();
      return { side, predictions };
    } catch (error) {
      if (!endsAll(error, options.signal)) side.failed(error);
      throw error;
    }
  }

  /** Once both were measured: the median tells, since the first image warms things up. */
  #choose(): void {
    const { local, remote } = this.#sides;
    if (local.times.length < MEASURED || remote.times.length < MEASURED) return;
    this.#chosen = median(local.times) <= median(remote.times) ? 'local' : 'remote';
  }

  #measures(): boolean {
    if (this.#prefer !== 'fastest' || this.#chosen !== undefined) return false;
    const { local, remote } = this.#sides;
    return local.ready !== undefined && remote.ready !== undefined && !local.rests && !remote.rests;
  }

  #order(): [Side, Side] {
    const { local, remote } = this.#sides;
    const wanted = this.#prefer === 'fastest' ? (this.#chosen ?? 'local') : this.#prefer;
    const [first, second] = wanted === 'local' ? [local, remote] : [remote, local];
    // A local detector that is still being loaded keeps nobody waiting who has another.
    const busy = first.where === 'local' && !first.ready && second.ready && this.#prefer === 'fastest';
    return first.rests || busy ? [second, first] : [first, second];
  }

  #reason(side: Side, other: Side): string {
    if (other.problem !== undefined) return other.problem;
    if (this.#prefer !== 'fastest') {
      return this.#prefer === side.where ? `${side.where} is preferred` : `${other.where} is not ready yet`;
    }
    if (this.#chosen === undefined) {
      return other.ready ? 'both are measured, and it was slower' : 'it is not ready yet';
    }
    const times = (of: Side): string => `${Math.round(median(of.times))} ms`;
    return `it was slower: ${times(other)} to ${times(side)}`;
  }

  #other({ where }: Side): Side {
    return this.#sides[where === 'local' ? 'remote' : 'local'];
  }

  #any(): Detector {
    const detector = this.#sides.local.ready ?? this.#sides.remote.ready;
    if (!detector) throw new ArgumentError('no detector is ready yet');
    return detector;
  }
}

const LATE: unique symbol = Symbol('late');

/** Rejects with LATE when the work takes longer; the work goes on. */
function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(LATE), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The first that answers. When none does: the error of the first, with what the others said. */
async function firstOf(
  attempts: readonly Promise<Outcome>[],
  earlier: readonly unknown[],
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  try {
    return await Promise.any(attempts);
  } catch (error) {
    const errors = [...earlier, ...(error as AggregateError).errors];
    const decisive = errors.find((each) => endsAll(each, signal));
    if (decisive !== undefined) throw decisive;
    const messages = errors.map((each) => (each instanceof Error ? each.message : String(each)));
    throw new CflowError('unavailable', `neither place could answer: ${messages.join('; ')}`, {
      retryable: errors.some((each) => CflowError.isInstance(each) && each.retryable),
      details: { reasons: messages },
      cause: errors[0],
    });
  }
}

/** Whether an error would be the same in the other place, or the caller wants no answer any more. */
function endsAll(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted || error instanceof AbortedError) return true;
  return CflowError.isInstance(error) && SAME_EVERYWHERE.includes(error.code);
}

function withSignal(options: PredictOptions, own: AbortSignal): PredictOptions {
  return { ...options, signal: options.signal ? AbortSignal.any([options.signal, own]) : own };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
