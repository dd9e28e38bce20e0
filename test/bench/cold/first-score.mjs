// What a user's program does: opens a bundle and scores an image from a file. Prints the score, and when it had it.
import { readFile } from 'node:fs/promises';
import { loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';

const [bundle, file, threads] = process.argv.slice(2);
const devices = await nodeDevices({ threads: Number(threads) });
const [detector, image] = await Promise.all([
  loadDetector(folderBundle(bundle), { devices, device: 'cpu' }),
  readFile(file).then((bytes) => decodeImage(bytes)),
]);
const { score } = await detector.predict(image);
// The clock starts with the process.
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ score, ms: performance.now(), processorMs: (user + system) / 1000 }));
await detector.dispose();
