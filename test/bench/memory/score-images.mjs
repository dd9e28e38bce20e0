// Opens a bundle, scores images as one batch, again and again, and prints the most memory that the process has held.
import { readFile } from 'node:fs/promises';
import { loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';

const [bundle, threads, rounds, ...files] = process.argv.slice(2);
const devices = await nodeDevices({ threads: Number(threads) });
const detector = await loadDetector(folderBundle(bundle), { devices, device: 'cpu' });
const images = await Promise.all(files.map(async (file) => decodeImage(await readFile(file))));
for (let round = 0; round < Number(rounds); round++) await detector.predictBatch(images);
console.log(JSON.stringify({ bytes: await peakMemory() }));
await detector.dispose();

/** Linux keeps the figure of the process that started this one, unless one asks for what this program's memory was. */
async function peakMemory() {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return 1024 * Number(kilobytes);
}
