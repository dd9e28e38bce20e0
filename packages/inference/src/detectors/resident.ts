import { backboneKey, imageInput } from '@cflow/detector';
import { type BundleManifest, type DeviceAttempt, type DeviceChoice, DeviceError } from '@cflow/spec';
import type { LoadedDetector } from '../inference.js';
import type { LanePool } from '../lanes/lane-pool.js';

/** A detector in memory. */
export interface Resident {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly manifest: BundleManifest;
  readonly refused: readonly DeviceAttempt[];
  readonly pool: LanePool;
  /**
   * Bytes of its own, measured where the device reports them, else estimated; and of its backbone, which others may share.
   */
  readonly headBytes: number;
  readonly backboneBytes: number;
}

/** What others are told of it. */
export function loadedDetector({
  name,
  version,
  pool,
  refused,
  manifest,
  headBytes,
  backboneBytes,
}: Resident): LoadedDetector {
  return { name, version, device: pool.device, refused, manifest, bytes: headBytes + backboneBytes };
}

/** @throws DeviceError when it runs on another device than the one that is wanted */
export function requireDevice({ pool, refused, name }: Resident, wanted: DeviceChoice): void {
  if (wanted === 'auto' || wanted === pool.device) return;
  const known = refused.filter(({ device }) => device === wanted);
  const reason = `the service runs detector "${name}" on ${pool.device}; ask for that, or for auto`;
  throw new DeviceError(
    `the detector does not run on ${wanted} here`,
    known.length > 0 ? known : [{ device: wanted, reason }],
  );
}

/** Each once: those of one backbone that take the same pixels are scored in the same row. */
export function groupResidents(residents: readonly Resident[]): Resident[][] {
  const groups = new Map<string, Resident[]>();
  for (const resident of new Set(residents)) {
    const { manifest } = resident;
    const key = `${backboneKey(manifest)} ${JSON.stringify(imageInput(manifest))}`;
    groups.set(key, [...(groups.get(key) ?? []), resident]);
  }
  return [...groups.values()];
}
