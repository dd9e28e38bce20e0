// `npm run test:import`: checkpoints that anomalib itself has made, imported, against what anomalib says of the same pictures. By
// name only, since it needs the Python of `npm run bench:setup`.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage, openDataSet } from '@cflow/images/node';
import { readSafetensors } from '@cflow/model';
import { nodeDevices } from '@cflow/runtime/node';
import { planDataSet } from '@cflow/synth';
import { importDetector } from '@cflow/training/node';
import { encodePng } from '@cflow/visual/node';
import { findPython } from '../bench/peer/find-python.js';
import { type Difference, mapDifference, scoreDifference } from './map-difference.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('anomalib_checkpoint.py', import.meta.url));
/** Of the network's input, so that nothing is resized: the two resize differently, as docs/training.md says. */
const SIZE = 256;
const NETWORKS = ['resnet18', 'wide_resnet50_2'];
const LAYERS = ['layer2', 'layer3', 'layer4'];
const MOST = 1e-4;
const MOST_NEAR_NOTHING = 1e-5;

const found = await findPython(ROOT);
if ('missing' in found) {
  console.error(found.missing);
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), 'cflow-import-'));
const at = (name: string): string => join(folder, name);

async function pictures(): Promise<string[]> {
  await mkdir(at('good'));
  const plan = planDataSet({
    materials: ['wood'],
    trainCount: 6,
    testGoodCount: 1,
    perDefectCount: 1,
    size: { width: SIZE, height: SIZE },
    seed: 0,
  });
  const good = plan.filter(({ path }) => path.includes('train/good'));
  return Promise.all(
    good.map(async ({ render }, index) => {
      const file = at(`good/${index}.png`);
      await writeFile(file, await encodePng(render().image));
      return file;
    }),
  );
}

async function compare(python: string, backbone: string, images: readonly string[]): Promise<Difference> {
  const [checkpoint, output] = [at(`${backbone}.ckpt`), at(`${backbone}.safetensors`)];
  const asked = { backbone, layers: LAYERS, size: SIZE, images, checkpoint, output };
  await promisify(execFile)(python, [SCRIPT, JSON.stringify(asked)]);
  const { tensors } = readSafetensors(await readFile(output));
  const [maps, scores] = ['maps', 'scores'].map((name) => tensors.get(name)!.data as Float32Array);

  const bundle = at(backbone);
  await importDetector({
    ...{ checkpoint, output: bundle, name: 'imported', device: 'cpu' },
    good: await openDataSet([], { good: [at('good')] }),
  });
  const detector = await loadDetector(folderBundle(bundle), { devices: await nodeDevices(), device: 'cpu' });
  try {
    const predictions = await detector.predictBatch(
      await Promise.all(images.map((file) => decodeImage(file))),
    );
    return {
      score: scoreDifference(
        predictions.map(({ score }) => score),
        [...scores!],
      ),
      ...mapDifference(
        predictions.map(({ map }) => map.data),
        predictions.map((_, i) => maps!.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE)),
      ),
    };
  } finally {
    await detector.dispose();
  }
}

try {
  const images = await pictures();
  console.log('largest differences from anomalib, relative to what it says');
  console.log('network            score     map       near nothing');
  for (const backbone of NETWORKS) {
    const { score, map, nearNothing } = await compare(found.python, backbone, images);
    const [a, b, c] = [score, map, nearNothing].map((value) => value.toExponential(1));
    const ok = Math.max(score, map) <= MOST && nearNothing <= MOST_NEAR_NOTHING;
    console.log(
      `${backbone.padEnd(18)} ${a}   ${b}   ${c}   ${ok ? 'holds' : `more than ${MOST}, ${MOST} and ${MOST_NEAR_NOTHING}`}`,
    );
    if (!ok) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
