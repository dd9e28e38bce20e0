import { bundleMessage } from './bundle-message.js';
import { LocalDetector } from './local-detector.js';
import { useEngine } from './page-engine.js';
import type { BundleLocation, LoadDetectorOptions, Progress } from './types.js';

/**
 * Loads a detector into this page: fetches its files or takes them from the cache, verifies every one, opens it on a
 * device and has the device pass the bundle's golden probe. Everything heavy happens in one worker per page.
 *
 * @throws DownloadError, BundleError, DeviceError (lists every device and why it was refused), ArgumentError,
 *   AbortedError
 */
export async function loadDetector(
  location: BundleLocation,
  options: LoadDetectorOptions = {},
): Promise<LocalDetector> {
  const { device = 'auto', threads, cache = true, signal, onProgress } = options;
  const bundle = bundleMessage(location, options);
  const engine = await useEngine(options);
  try {
    const loaded = await engine.link.call(
      'load',
      { bundle, device, threads, cache },
      { signal, onProgress: onProgress && ((progress) => onProgress(progress as Progress)) },
    );
    return new LocalDetector(engine, bundle, loaded);
  } catch (error) {
    engine.release();
    throw error;
  }
}
