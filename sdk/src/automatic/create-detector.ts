import type { Detector } from '../detector.js';
import { ArgumentError, CflowError } from '../errors.js';
import { loadDetector } from '../local/load-detector.js';
import type { BundleLocation, LoadDetectorOptions } from '../local/types.js';
import { AutomaticDetector, type Preference } from './automatic-detector.js';
import { Side } from './side.js';

export interface CreateDetectorOptions {
  prefer: Preference;
  /** A client of the service (`CflowClient`) and the detector's `name[@reference]`. */
  remote: { client: { detector(reference: string): Detector }; name: string };
  /** Where the bundle is, and how to load it. */
  local: LoadDetectorOptions & { bundle: BundleLocation };
  /**
   * Milliseconds that the preferred place may take for an image, and the local one for its loading, before the other one
   * is asked too; the first answer counts. Default: as long as it takes.
   */
  budget?: number | undefined;
}

/**
 * One detector over a service and this page. `local` loads the bundle first and asks the service where that fails;
 * `remote` loads it only when the service fails; `fastest` loads it in the background, measures both, and keeps the
 * quicker one. The numbers are the same, and each prediction says where it comes from and why not from the other.
 *
 * @throws ArgumentError, and CflowError where neither place can be used
 */
export async function createDetector(options: CreateDetectorOptions): Promise<AutomaticDetector> {
  const { prefer, remote, local, budget } = options;
  if (!['local', 'remote', 'fastest'].includes(prefer)) {
    throw new ArgumentError(`prefer: expected local, remote or fastest, got ${prefer}`);
  }
  if (budget !== undefined && !(budget > 0)) {
    throw new ArgumentError(`budget: expected milliseconds above 0, got ${budget}`);
  }
  const now = (): number => performance.now();
  const { bundle, ...loading } = local;
  const sides = {
    local: new Side('local', () => loadDetector(bundle, loading), now),
    remote: new Side('remote', async () => remote.client.detector(remote.name), now),
  };
  await sides.remote.detector();
  if (prefer !== 'remote') {
    const loaded = sides.local.detector().catch((error: unknown) => {
      // What is wrong with the arguments would stay so; everything else is what the service is there for.
      if (CflowError.isInstance(error) && error.code === 'configuration') throw error;
      sides.local.failed(error);
    });
    if (prefer === 'local') await (budget === undefined ? loaded : Promise.race([loaded, after(budget)]));
    else loaded.catch(() => undefined);
  }
  return new AutomaticDetector(sides, prefer, budget);
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
