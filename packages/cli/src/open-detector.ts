import { type Detector, inPrecisionMode, loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { nodeDevices, precisionMode } from '@cflow/runtime/node';
import { type DeviceFlags, usePrecisionMode } from './options/device-options.js';
import { noteLine } from './terminal/output.js';
import { printable } from './terminal/printable.js';

/** The detector in a folder, on the device asked for. A device that `auto` passed by is told in verbose mode. */
export async function openDetector(
  bundle: string,
  { device, threads, verbose, ...flags }: DeviceFlags & { verbose?: true },
): Promise<Detector> {
  usePrecisionMode(flags);
  const detector = await loadDetector(inPrecisionMode(folderBundle(bundle), precisionMode()), {
    devices: await nodeDevices(threads === undefined ? {} : { threads }),
    device,
    oneGraph: () => import('@cflow/detector/one-graph'),
    ...(threads !== undefined && { threads }),
  });
  if (verbose) {
    for (const { device: other, reason } of detector.refused)
      noteLine(printable(`not on ${other}: ${reason}`));
    noteLine(`on ${placeOf(detector)}`);
  }
  return detector;
}

/** Where a detector runs, and how, where that is not exact. */
export const placeOf = ({ device, manifest }: Pick<Detector, 'device' | 'manifest'>): string =>
  manifest.precisionMode ? `${device}, precision mode ${manifest.precisionMode}` : device;
