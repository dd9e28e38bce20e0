import type { InferenceRequest } from '../inference.js';
import type { DetectorSource } from './detector-source.js';
import type { Resident } from './resident.js';
import type { SettingsReader } from './settings-reader.js';

/** The detectors of a request, in memory or on their way there. */
export interface AcquiredDetectors {
  /** In the order of the request. */
  residents: Promise<Resident[]>;
  /** They need no longer stay. */
  release(): void;
}

export function acquireDetectors(
  { detectors: source, settings }: { detectors: DetectorSource; settings: SettingsReader },
  wanted: InferenceRequest['detectors'],
  { signal, spare }: { signal: AbortSignal; spare: boolean },
): AcquiredDetectors {
  const releases: (() => void)[] = [];
  const acquire = async (name: string, reference: string): Promise<Resident> => {
    const { resident, release } = await (spare
      ? source.acquireSpare(name, reference)
      : source.acquire(name, reference));
    // Nobody will release what arrives after the end.
    if (signal.aborted) release();
    else releases.push(release);
    // Before anything is scored for nothing.
    await settings.of(name);
    return resident;
  };
  return {
    residents: Promise.all(wanted.map(({ name, reference }) => acquire(name, reference))),
    release: () => {
      for (const release of releases) release();
    },
  };
}
