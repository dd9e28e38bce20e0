import { type Detector, loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { nodeDevices } from '@cflow/runtime/node';
import type { DeviceFlags } from './device-options.js';
import { noteLine } from './terminal/output.js';
import { printable } from './terminal/printable.js';

/** The detector in a folder, on the device asked for. A device that `auto` passed by is told in verbose mode. */
export async function openDetector(
  bundle: string,
  { device, threads, verbose }: DeviceFlags & { verbose?: true },
): Promise<Detector> {
  const detector = await loadDetector(folderBundle(bundle), {
    devices: await nodeDevices(threads === undefined ? {} : { threads }),
    device,
    oneGraph: () => import('@cflow/detector/one-graph'),
    ...(threads !== undefined && { threads }),
  });
  if (verbose) {
    for (const { device: other, reason } of detector.refused)
      noteLine(printable(`not on ${other}: ${reason}`));
    noteLine(`on ${detector.device}`);
  }
  return detector;
}
