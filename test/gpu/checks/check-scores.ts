import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  joinGraphs,
  loadDetector,
  openBackbone,
  openHead,
  parseManifest,
  readProbe,
  verifyBundle,
} from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { checkProbe } from '@cflow/runtime';
import { createNodeRuntime, nodeDevices } from '@cflow/runtime/node';
import { BUNDLE_FILES } from '@cflow/spec';
import { makeWork } from '../../runtimes/make-work.js';
import { scoreFiles } from '../../runtimes/score-files.js';
import type { CheckJob } from './checked-device.js';
import { Failed, type Outcome } from './outcome.js';

/** Scores may differ by this share of their spread on good images. */
const TOLERANCE = 1e-3;
/** The comparison says something only if the images differ by far more than what is allowed. */
const TELLING = 100 * TOLERANCE;

/** The bundle's golden probe on the device, with the guard on, and the way that every host takes. */
export async function checkGoldenProbe({ device, bundle }: CheckJob): Promise<Outcome> {
  const verified = await verifyBundle(folderBundle(bundle));
  const probe = readProbe(verified);
  const runtime = createNodeRuntime({ device });
  try {
    const strict = { strictDevice: true };
    const backbone = await openBackbone(runtime, verified, strict);
    const head = await openHead(runtime, verified, strict);
    const { reason, largestDifference } = await checkProbe(joinGraphs(backbone, head), probe);
    const { absoluteTolerance, relativeTolerance } = probe;
    const figures = { largestDifference, absoluteTolerance, relativeTolerance };
    if (reason !== undefined) throw new Failed(`the golden probe fails: ${reason}`, figures);
    const detector = await loadDetector(folderBundle(bundle), { devices: await nodeDevices(), device });
    await detector.dispose();
    return {
      reason: `score and map of the probe image differ by at most ${largestDifference.toExponential(1)}`,
      figures,
    };
  } finally {
    await runtime.dispose();
  }
}

/** The same files scored on the CPU and on the device. */
export async function checkScores({ device, bundle, folder }: CheckJob): Promise<Outcome> {
  const manifest = await parseManifest(await readFile(join(bundle, BUNDLE_FILES.manifest)), bundle);
  const spread = manifest.calibration.scoreSpread;
  const work = await makeWork(bundle, join(folder, 'images'));
  const devices = await nodeDevices();
  const decode: Parameters<typeof scoreFiles>[3] = (bytes, range) => decodeImage(bytes, { range });
  const onCpu = (await scoreFiles(work, 'cpu', devices, decode)).map(({ score }) => score);
  const onDevice = (await scoreFiles(work, device, devices, decode)).map(({ score }) => score);
  const worst = Math.max(...onCpu.map((score, i) => Math.abs(score - onDevice[i]!))) / spread;
  const range = (Math.max(...onCpu) - Math.min(...onCpu)) / spread;
  const figures = { largestDifference: worst, tolerance: TOLERANCE, images: onCpu.length, spread, range };
  if (!(range > TELLING)) throw new Failed('the images are too much alike to tell anything', figures);
  if (!(worst <= TOLERANCE)) {
    throw new Failed(
      `scores differ from the CPU's by ${worst.toExponential(1)} of the spread of good images`,
      figures,
    );
  }
  return {
    reason: `${onCpu.length} images: scores differ from the CPU's by at most ${worst.toExponential(1)} of the spread of good images`,
    figures,
  };
}
