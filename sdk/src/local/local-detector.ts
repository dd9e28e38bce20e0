import type { Asked, Detector, ImageInput, Prediction, PredictOptions } from '../detector.js';
import { ArgumentError } from '../errors.js';
import { DeviceError } from './errors.js';
import { imageMessage, transferOf } from './image-message.js';
import type { EngineUse } from './page-engine.js';
import type { BundleMessage, DetectorState, LoadedMessage } from './protocol.js';
import type { DeviceAttempt, LocalDevice, Notice } from './types.js';

/** A detector that computes here. The same interface as a remote one, and what there is to know of the device. */
export class LocalDetector implements Detector {
  readonly name: string;
  readonly version: string;
  /** The bundle's manifest: configuration, thresholds, calibration, provenance. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Where its files come from, for training another one with its backbone. */
  readonly bundle: BundleMessage;
  readonly #id: number;
  readonly #engine: EngineUse;
  #state: DetectorState;
  #disposed: Promise<void> | undefined;

  /** Made by `loadDetector`. */
  constructor(engine: EngineUse, bundle: BundleMessage, loaded: LoadedMessage) {
    const { detector, name, version, manifest, ...state } = loaded;
    this.name = name;
    this.version = version;
    this.manifest = manifest as Readonly<Record<string, unknown>>;
    this.bundle = bundle;
    this.#id = detector;
    this.#engine = engine;
    this.#state = state;
  }

  /** Where it computes now: another one after a device was lost. */
  get device(): LocalDevice {
    return this.#state.device;
  }

  /** Threads that wasm computes with; 1 on webgpu. */
  get threads(): number {
    return this.#state.threads;
  }

  /** Devices that were tried or lost, and why each is not in use. */
  get refused(): readonly DeviceAttempt[] {
    return this.#state.refused;
  }

  /** What works, but not as it could. */
  get notices(): readonly Notice[] {
    return this.#state.notices;
  }

  async predict<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    image: ImageInput,
    options: PredictOptions<M, O, R> = {},
  ): Promise<Prediction<M, O, R>> {
    const [prediction] = await this.predictBatch([image], options);
    return prediction as Prediction<M, O, R>;
  }

  async predictBatch<M extends Asked = false, O extends Asked = false, R extends Asked = true>(
    images: readonly ImageInput[],
    options: PredictOptions<M, O, R> = {},
  ): Promise<Prediction<M, O, R>[]> {
    const start = performance.now();
    const { signal, device, ignore } = options;
    this.#refuseIfDisposed();
    if (device !== undefined && device !== 'auto' && device !== this.device) {
      throw new DeviceError(
        `the detector computes on ${this.device}, asked for was ${device}; load it with device: '${device}'`,
        [{ device, reason: `the detector is open on ${this.device}` }],
      );
    }
    const messages = await Promise.all(images.map((image) => imageMessage(image, signal)));
    const mask = ignore && (await imageMessage(ignore, signal));
    this.#refuseIfDisposed();
    const { predictions, state } = await this.#engine.link.call(
      'predict',
      {
        detector: this.#id,
        images: messages,
        ignore: mask,
        threshold: options.threshold,
        falseAlarmRate: options.falseAlarmRate,
        pixelThreshold: options.pixelThreshold,
        map: options.map ?? false,
        overlay: options.overlay ?? false,
        regions: options.regions ?? true,
        minArea: options.minArea,
        minShare: options.minShare,
        maxRegions: options.maxRegions,
      },
      { signal, transfer: transferOf([...messages, mask]) },
    );
    this.#state = state;
    const milliseconds = performance.now() - start;
    const { name, version } = this;
    return predictions.map((prediction) => ({
      ...prediction,
      detector: { name, version, device: state.device },
      where: 'local' as const,
      milliseconds,
    })) as Prediction<M, O, R>[];
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    // An engine that is gone holds nothing any more.
    if (!this.#engine.link.broken) {
      await this.#engine.link.call('dispose', { detector: this.#id }).catch((error: unknown) => {
        if (!this.#engine.link.broken) throw error;
      });
    }
    this.#engine.release();
  }

  #refuseIfDisposed(): void {
    if (this.#disposed) throw new ArgumentError('the detector was disposed; load it again');
  }
}
