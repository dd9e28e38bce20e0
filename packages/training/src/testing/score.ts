// Scores images on one device in a process of its own, whose environment names the driver. Arguments: the bundle, the
// device, the images. Prints JSON.
import { loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import type { Device } from '@cflow/spec';

const [bundle, device, ...paths] = process.argv.slice(2) as [string, Device, ...string[]];
const devices = await nodeDevices();
const detector = await loadDetector(folderBundle(bundle), { devices, device });
const predictions = await detector.predictBatch(await Promise.all(paths.map((path) => decodeImage(path))));
console.log(
  JSON.stringify({
    device: detector.device,
    scores: predictions.map(({ score }) => score),
    labels: predictions.map(({ label }) => label),
    maps: predictions.map(({ map }) => [...map.data]),
  }),
);
await detector.dispose();
