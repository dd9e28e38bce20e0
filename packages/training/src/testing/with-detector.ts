import { type Detector, loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { nodeDevices } from '@cflow/runtime/node';

/** Loads a bundle on the CPU for as long as some work takes. */
export async function withDetector<T>(bundle: string, work: (detector: Detector) => Promise<T>): Promise<T> {
  const detector = await loadDetector(folderBundle(bundle), { devices: await nodeDevices(), device: 'cpu' });
  try {
    return await work(detector);
  } finally {
    await detector.dispose();
  }
}
