import type { ImageInput } from '../detector.js';
import { bundleMessage } from './bundle-message.js';
import { imageMessage, transferOf } from './image-message.js';
import { LocalDetector } from './local-detector.js';
import { useEngine } from './page-engine.js';
import type { TrainingProgress } from './protocol.js';
import { TrainedBundle } from './trained-bundle.js';
import type { BundleLocation, LoadDetectorOptions, Progress } from './types.js';

export interface TrainDetectorOptions extends Omit<LoadDetectorOptions, 'onProgress'> {
  /** The bundle whose backbone is trained on: its place, or a detector that is loaded. */
  from: BundleLocation | LocalDetector;
  /** Name of the new detector. */
  name: string;
  /** `memory`, `fast`, `anomalib` or `paper`. Default: `memory`, or `fast` where `overrides` say how to train. */
  preset?: string | undefined;
  /** Good images to validate and calibrate on, at least 2. Left out: a share of the images, where there are enough. */
  heldOut?: readonly ImageInput[] | undefined;
  /** Other values than the preset's: `epochs`, `imageBatchSize`, `patience` and the like. */
  overrides?: Readonly<Record<string, unknown>> | undefined;
  /** Of every random choice. Default 0. */
  seed?: number | undefined;
  /**
   * Values that samples of more than 8 bits lie between, such as 0 and 4095 of 12 bits in files of 16; the detector keeps it.
   * Left out: found over the images, of PNG and PNM, and told by an event `range`.
   */
  range?: { low: number; high: number } | undefined;
  /** Bytes of the backbone while it is fetched, then the events of the training run. */
  onProgress?: ((progress: Progress | TrainingProgress) => void) | undefined;
}

/**
 * Trains a detector on images of good parts, in the page's worker, with the training graph that every other host runs.
 * The same images, seed and device give the same decoders as anywhere else.
 *
 * @param images Good images, at least 2, better 30.
 * @throws TrainingError, ImageError, DeviceError, BundleError, DownloadError, ArgumentError, AbortedError
 */
export async function trainDetector(
  images: readonly ImageInput[],
  options: TrainDetectorOptions,
): Promise<TrainedBundle> {
  const { from, name, preset, heldOut, overrides, seed, range, signal, onProgress } = options;
  const bundle = from instanceof LocalDetector ? from.bundle : bundleMessage(from, options);
  const messagesOf = (inputs: readonly ImageInput[]) =>
    Promise.all(inputs.map((image) => imageMessage(image, signal)));
  const messages = await messagesOf(images);
  const heldOutMessages = heldOut && (await messagesOf(heldOut));
  const engine = await useEngine(options);
  try {
    const { files, refused, notices } = await engine.link.call(
      'train',
      {
        images: messages,
        heldOut: heldOutMessages,
        from: bundle,
        name,
        preset,
        overrides,
        device: options.device ?? 'auto',
        threads: options.threads,
        seed,
        range,
        cache: options.cache ?? true,
      },
      { signal, onProgress, transfer: transferOf([...messages, ...(heldOutMessages ?? [])]) },
    );
    const manifest = JSON.parse(await (files.get('manifest.json') as Blob).text()) as Record<string, unknown>;
    const { assets, inThisThread, loadRuntime } = options;
    return new TrainedBundle(
      { files, manifest, name, refused, notices },
      { assets, inThisThread, loadRuntime },
    );
  } finally {
    engine.release();
  }
}
