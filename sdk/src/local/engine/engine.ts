import { pixelThresholdOf, type VerifiedBundle, verifyFiles } from '@cflow/detector';
import { checkIgnoreMask, type RangeOptions } from '@cflow/images';
import { type DeviceCandidate, selectDevice } from '@cflow/runtime';
import { type OnnxRuntimeWeb, webDevices } from '@cflow/runtime/web';
import { CflowError, DeviceError, type Prediction, type RgbImage } from '@cflow/spec';
import { ArgumentError } from '../../errors.js';
import type {
  DetectorState,
  EngineMethods,
  ImageMessage,
  LoadedMessage,
  LoadMessage,
  PredictedMessage,
  PredictionMessage,
  PredictMessage,
  TrainedMessage,
  TrainMessage,
} from '../protocol.js';
import type { LocalDevice, Notice } from '../types.js';
import type { CallContext } from './call-context.js';
import type * as Jpeg from './decode-jpeg.js';
import { decodeMaskMessage, decodeMessage, type LoadJpeg } from './decode-message.js';
import type * as Drawing from './draw-prediction.js';
import { fetchedBundle } from './fetched-bundle.js';
import { FileCache } from './file-cache.js';
import { FileShelf } from './file-shelf.js';
import { NoticeList } from './notice-list.js';
import { type OpenDetector, Opener } from './open-bundle.js';
import type * as Training from './train-bundle.js';

/** What an engine gets from its host: the parts that are loaded when they are needed. */
export interface EngineHost {
  loadOrt(device: LocalDevice): Promise<OnnxRuntimeWeb>;
  /** Threads that wasm has, where so many are wanted. */
  threads(wanted: number | undefined): number;
  loadJpeg(): Promise<typeof Jpeg>;
  loadDrawing(): Promise<typeof Drawing>;
  loadTraining(): Promise<typeof Training>;
}

interface Loaded {
  readonly request: LoadMessage;
  readonly version: string;
  readonly notices: NoticeList;
  readonly refused: { device: string; reason: string }[];
  readonly hashes: readonly string[];
  open: OpenDetector;
  moving: Promise<void> | undefined;
}

/** Loads detectors and scores with them, in the thread that it is made in. */
export class Engine {
  readonly #host: EngineHost;
  readonly #devices: DeviceCandidate[];
  readonly #opener: Opener = new Opener();
  readonly #shelf: FileShelf = new FileShelf();
  readonly #detectors: Map<number, Loaded> = new Map();
  #last = 0;

  constructor(host: EngineHost) {
    this.#host = host;
    this.#devices = webDevices({ load: (device) => host.loadOrt(device) });
  }

  /** Calls a method by its name, as messages name it. */
  call<M extends keyof EngineMethods>(
    method: M,
    params: EngineMethods[M]['takes'],
    context: CallContext,
  ): Promise<EngineMethods[M]['gives']> {
    type Method = (params: unknown, context: CallContext) => Promise<EngineMethods[M]['gives']>;
    const methods = {
      load: this.load,
      predict: this.predict,
      train: this.train,
      archive: this.archive,
      dispose: this.dispose,
    } satisfies Record<keyof EngineMethods, unknown>;
    return (methods[method] as Method).call(this, params, context);
  }

  async load(request: LoadMessage, context: CallContext): Promise<LoadedMessage> {
    const notices = this.#noticesOf(request);
    const { bundle, version } = await this.#fetch(request, notices, context);
    const { manifest } = bundle;
    const { result: open, refused } = await selectDevice(request.device, this.#devices, (candidate) =>
      this.#opener.open(bundle, candidate),
    );
    const hashes = Object.values(manifest.files).map(({ sha256 }) => sha256);
    const loaded: Loaded = {
      request,
      version,
      notices,
      refused: [...refused],
      hashes,
      open,
      moving: undefined,
    };
    const detector = ++this.#last;
    this.#detectors.set(detector, loaded);
    if (context.signal.aborted) {
      await this.dispose({ detector });
      context.signal.throwIfAborted();
    }
    return { detector, name: manifest.name, version, manifest, ...this.#stateOf(loaded) };
  }

  async predict(request: PredictMessage, { signal }: CallContext): Promise<PredictedMessage> {
    const loaded = this.#detectors.get(request.detector);
    if (!loaded) throw new ArgumentError('the detector was disposed; load it again');
    const { range, outOfRange } = loaded.open.detector.manifest.configuration;
    const images = await this.#decodeAll(request.images, signal, { range, outOfRange });
    const ignore = request.ignore && (await decodeMaskMessage(request.ignore, () => this.#host.loadJpeg()));
    if (ignore) for (const image of images) checkIgnoreMask(ignore, image);
    // What else is asked, `predictBatch` does not look at.
    const options = { ...request, ignore, signal };
    const found = await this.#surviving(loaded, ({ detector }) => detector.predictBatch(images, options));
    const predictions: PredictionMessage[] = [];
    for (const [i, prediction] of found.entries()) {
      predictions.push(await this.#answer(images[i] as RgbImage, prediction, request, loaded));
    }
    return { predictions, state: this.#stateOf(loaded) };
  }

  async train(request: TrainMessage, context: CallContext): Promise<TrainedMessage> {
    const { trainRequested } = await this.#host.loadTraining();
    return trainRequested(request, context, {
      devices: this.#devices,
      threads: this.#host.threads(request.threads),
      loadJpeg: () => this.#host.loadJpeg(),
      shelf: this.#shelf,
      notices: this.#noticesOf(request),
      decode: (images, range) => this.#decodeAll(images, context.signal, range),
    });
  }

  async archive({ files }: EngineMethods['archive']['takes']): Promise<Blob> {
    const { archiveFiles } = await this.#host.loadTraining();
    return archiveFiles(files);
  }

  async dispose({ detector }: { detector: number }): Promise<undefined> {
    const loaded = this.#detectors.get(detector);
    if (!loaded) return;
    this.#detectors.delete(detector);
    await loaded.moving?.catch(() => undefined);
    this.#shelf.keepOnly(new Set([...this.#detectors.values()].flatMap(({ hashes }) => hashes)));
    await loaded.open.close();
  }

  async #fetch(
    request: LoadMessage,
    notices: NoticeList,
    { signal, report }: CallContext,
  ): Promise<{ bundle: VerifiedBundle; version: string }> {
    let total = 0;
    const onNotice = (notice: Notice): void => notices.add(notice);
    const source = fetchedBundle(request.bundle, {
      cache: new FileCache(request.cache, onNotice),
      shelf: this.#shelf,
      onNotice,
      onProgress(progress) {
        total = progress.total;
        report(progress);
      },
      signal,
    });
    // Graphs are not inspected in a page: its sandbox has no files and little memory, and holds a graph to both.
    const bundle = await verifyFiles(source);
    signal.throwIfAborted();
    report({ stage: 'opening', done: total, total });
    return { bundle, version: source.version() };
  }

  /** Does the work, once more on another device when the one it was done on is lost. */
  async #surviving<T>(loaded: Loaded, work: (open: OpenDetector) => Promise<T>): Promise<T> {
    await loaded.moving;
    const { open } = loaded;
    try {
      return await work(open);
    } catch (error) {
      // Whatever goes wrong on a graphics card, the processor may still do; nothing is left to try after that.
      if (!isDeviceError(error) || loaded.request.device !== 'auto' || open.detector.device !== 'webgpu') {
        throw error;
      }
      const failure = open.runtime.failure ?? error;
      if (loaded.open === open) {
        loaded.moving ??= this.#move(loaded, failure).finally(() => {
          loaded.moving = undefined;
        });
      }
      await loaded.moving;
      return await work(loaded.open);
    }
  }

  async #move(loaded: Loaded, failure: DeviceError): Promise<void> {
    const lost = loaded.open.detector.device;
    const reason = failure.attempts.map(({ reason }) => reason).join('; ') || failure.message;
    const others = this.#devices.filter(({ device }) => device !== lost);
    await loaded.open.close().catch(() => undefined);
    const quiet = { signal: new AbortController().signal, report: () => undefined };
    const { bundle, version } = await this.#fetch(loaded.request, loaded.notices, quiet);
    if (version !== loaded.version) {
      throw new DeviceError('the device was lost, and the bundle was replaced meanwhile; load it again', [
        { device: lost, reason },
      ]);
    }
    const { result, device, refused } = await selectDevice('auto', others, (candidate) =>
      this.#opener.open(bundle, candidate),
    );
    loaded.open = result;
    loaded.refused.push({ device: lost, reason }, ...refused.filter((each) => !known(loaded.refused, each)));
    loaded.notices.add({ code: 'device-lost', message: `${reason}; ${device} has taken over from ${lost}` });
  }

  async #answer(
    image: RgbImage,
    prediction: Prediction,
    { map, overlay, regions }: PredictMessage,
    { open }: Loaded,
  ): Promise<PredictionMessage> {
    const { score, falseAlarmProbability, label, threshold, pixelThreshold, warnings } = prediction;
    const { width, height } = prediction.map;
    const answer: PredictionMessage = {
      ...{ score, falseAlarmProbability, label, threshold, pixelThreshold },
      original: { width: image.width, height: image.height },
      mapSize: { width, height },
      ...(warnings && { warnings: [...warnings] }),
      ...(regions && { regions: prediction.regions }),
      ...(map && { map: prediction.map }),
    };
    if (!overlay) return answer;
    const { drawPrediction } = await this.#host.loadDrawing();
    const own = pixelThresholdOf(open.detector.manifest);
    const png = await drawPrediction(image, prediction.map, prediction.regions, pixelThreshold, own);
    answer.overlay = new Blob([png as Uint8Array<ArrayBuffer>], { type: 'image/png' });
    return answer;
  }

  #noticesOf({ threads }: { threads?: number | undefined }): NoticeList {
    const notices = new NoticeList();
    if (this.#host.threads(threads) === 1 && threads !== 1) notices.add(oneThread());
    return notices;
  }

  #decodeAll(
    messages: readonly ImageMessage[],
    signal: AbortSignal,
    range?: RangeOptions,
  ): Promise<RgbImage[]> {
    return decodeAll(messages, signal, () => this.#host.loadJpeg(), range);
  }

  #stateOf({ open, request, refused, notices }: Loaded): DetectorState {
    const device = open.detector.device as LocalDevice;
    const threads = device === 'wasm' ? this.#host.threads(request.threads) : 1;
    return { device, threads, refused: [...refused], notices: notices.all() };
  }
}

async function decodeAll(
  messages: readonly ImageMessage[],
  signal: AbortSignal,
  loadJpeg: LoadJpeg,
  range: RangeOptions | undefined,
): Promise<RgbImage[]> {
  const images: RgbImage[] = [];
  for (const [index, message] of messages.entries()) {
    signal.throwIfAborted();
    try {
      images.push(await decodeMessage(message, loadJpeg, range));
    } catch (error) {
      if (messages.length === 1 || !CflowError.isInstance(error)) throw error;
      throw new CflowError(error.code, `image ${index}: ${error.message}`, {
        details: { ...error.details, index },
        cause: error,
      });
    }
  }
  return images;
}

function isDeviceError(error: unknown): error is DeviceError {
  return CflowError.isInstance(error) && error.code === 'device';
}

function known(refused: readonly { device: string }[], { device }: { device: string }): boolean {
  return refused.some((each) => each.device === device);
}

function oneThread(): Notice {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  const why =
    crossOriginIsolated === undefined
      ? 'this host gives it no more'
      : crossOriginIsolated
        ? 'there is one core'
        : 'for more, serve the page with Cross-Origin-Opener-Policy: same-origin and ' +
          'Cross-Origin-Embedder-Policy: require-corp';
  return { code: 'one-thread', message: `wasm runs on one thread: ${why}` };
}
