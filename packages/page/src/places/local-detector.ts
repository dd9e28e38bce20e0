// The code that needs the SDK's local entry; a chunk of its own, so that none of it is loaded before somebody chooses it.
import type { LocalDetector, Progress, TrainedBundle } from '@cflow/sdk/local';
import type { Client } from '../api/client.js';
import { address } from '../api/sdk-options.js';
import type { LocalPlace } from './place.js';

/** The folder of the SDK's files, relative to the page; the build knows its hash. */
declare const LOCAL_FILES: string;

export interface LoadOptions {
  device: LocalPlace;
  onProgress: (progress: Progress) => void;
  signal: AbortSignal;
}

/** The bundle's address at the service, and what fetching from there needs. */
export function bundleAt(client: Client, name: string, version: string) {
  return {
    bundle: address(`v1/detectors/${encodeURIComponent(name)}@${version}`),
    headers: client.authorization(),
    assets: address(LOCAL_FILES),
  };
}

/** Loads a detector of the service, or one that was trained here, into this page. */
export async function loadLocal(
  client: Client,
  { name, version, trained }: { name: string; version: string; trained: TrainedBundle | undefined },
  options: LoadOptions,
): Promise<LocalDetector> {
  const { loadDetector } = await import('@cflow/sdk/local');
  const { bundle, headers, assets } = bundleAt(client, name, version);
  if (trained) return trained.load({ ...options, assets });
  return loadDetector(bundle, { ...options, headers, assets });
}
