import { availableParallelism, totalmem } from 'node:os';
import { cacheFolder, findPackageWeights, findPulledPackage, loadEmbeddedBackbone } from '@cflow/model/node';
import { type DeviceReport, probeDevices } from '@cflow/runtime';
import { nodeDevices, onnxRuntimeVersion, probeInChildProcess } from '@cflow/runtime/node';
import { DEFAULT_BACKBONE } from '@cflow/spec';
import sharp from 'sharp';
import { packageVersion } from '../../package-version.js';
import { folderSize } from './folder-size.js';

/** What `cflow doctor` finds out. */
export interface Examination {
  devices: DeviceReport[];
  /** The device that `auto` takes; null when none works. */
  auto: string | null;
  versions: Record<string, string>;
  platform: string;
  threads: number;
  /** Bytes. */
  memory: number;
  cache: { path: string; bytes: number | null };
  /** What training uses where no backbone is named, and whether its weights are here or would be fetched first. */
  defaultBackbone: { name: string; cached: boolean };
  embeddedBackbone: { available: boolean; reason?: string };
}

export async function examine(): Promise<Examination> {
  const devices = await probeDevices(await nodeDevices(), (candidate) => probeInChildProcess(candidate));
  const path = cacheFolder();
  return {
    devices,
    // The reason of a device that works but is not chosen says why.
    auto: devices.find(({ available, reason }) => available && reason === undefined)?.device ?? null,
    versions: {
      cflow: packageVersion(),
      node: process.versions.node,
      'onnxruntime-node': onnxRuntimeVersion(),
      sharp: sharp.versions.sharp ?? '?',
      libvips: sharp.versions.vips,
    },
    platform: `${process.platform}/${process.arch}`,
    threads: availableParallelism(),
    memory: totalmem(),
    defaultBackbone: await defaultBackbone(),
    embeddedBackbone: await embeddedBackbone(),
    cache: { path, bytes: await folderSize(path) },
  };
}

async function defaultBackbone(): Promise<Examination['defaultBackbone']> {
  const named = process.env.CFLOW_BACKBONE;
  if (named) return { name: named, cached: true };
  const weights = findPackageWeights(DEFAULT_BACKBONE);
  const cached = weights !== undefined && (await findPulledPackage(weights)) !== undefined;
  return { name: DEFAULT_BACKBONE, cached };
}

async function embeddedBackbone(): Promise<Examination['embeddedBackbone']> {
  try {
    await loadEmbeddedBackbone();
    return { available: true };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
