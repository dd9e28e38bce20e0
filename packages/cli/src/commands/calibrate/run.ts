import { parseManifest } from '@cflow/detector';
import { checkBundleFolder, folderBundle, writeFolderBundle } from '@cflow/detector/node';
import { openDataSet, readImages, type UnreadableImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import {
  BUNDLE_FILES,
  type BundleManifest,
  type DataSetItem,
  DeviceError,
  type RgbImage,
  THROUGHPUT_FILES,
  type Throughput,
} from '@cflow/spec';
import { calibrateThroughput } from '@cflow/training/node';
import { interruptible } from '../../interruptible.js';
import { usePrecisionMode } from '../../options/device-options.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { count, formatNumber, formatPercent } from '../../terminal/format.js';
import { printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { ScanBar } from '../../terminal/scan-bar.js';
import { noteUnreadable } from '../../terminal/unreadable.js';
import type { CalibrateFlags } from './flags.js';

const BATCH = 8;

/** From the command line to a bundle that has the precision mode `throughput`, too. */
export async function runCalibrate(
  bundle: string,
  paths: readonly string[],
  flags: CalibrateFlags,
): Promise<void> {
  usePrecisionMode(flags);
  const output = flags.output ?? bundle;
  await checkBundleFolder(output);
  const source = folderBundle(bundle);
  const before = await parseManifest(await source.read(BUNDLE_FILES.manifest), source.name);
  const { items } = await openDataSet(paths, { everyImage: true });
  const [card] = (await nodeDevices()).filter(({ device }) => device === 'cuda');
  const reason = card ? await card.unavailable?.() : 'there is none';
  if (!card || reason !== undefined) {
    throw new DeviceError(
      'only an NVIDIA card has the precision mode throughput; calibrate on the machine that has it',
      [{ device: 'cuda', reason: reason ?? 'there is none' }],
    );
  }
  const unreadable: UnreadableImage[] = [];
  const bar = new ScanBar('calibrating', items.length);
  const files = await interruptible((signal) =>
    calibrateThroughput({
      source,
      card,
      oneGraph: () => import('@cflow/detector/one-graph'),
      images: goodImages(items, before, flags, {
        signal,
        onDone: (done) => bar.update(done),
        onUnreadable: (each) => unreadable.push(each),
      }),
    }),
  ).finally(() => bar.stop());
  await writeFolderBundle(output, files);
  noteUnreadable(unreadable);
  const found = JSON.parse(new TextDecoder().decode(files.get(THROUGHPUT_FILES.calibration))) as Throughput;
  const images = found.calibration.score.count;
  const thresholds = { exact: before.thresholds.score, throughput: found.thresholds.score };
  if (flags.json) {
    printLine(JSON.stringify({ bundle: output, card: found.device, images, thresholds }));
    return;
  }
  printLine(printable(`${output}: calibrated for the precision mode throughput on ${found.device}`));
  printLine(
    `threshold  ${formatNumber(thresholds.throughput)}, for ${formatPercent(found.thresholds.falseAlarmRate)} false alarms, by ` +
      `${count(images, 'good image')}; ${formatNumber(thresholds.exact)} in the mode exact`,
  );
}

async function* goodImages(
  items: readonly DataSetItem[],
  { configuration }: BundleManifest,
  flags: CalibrateFlags,
  told: {
    signal: AbortSignal;
    onDone: (images: number) => void;
    onUnreadable: (image: UnreadableImage) => void;
  },
): AsyncGenerator<RgbImage[]> {
  const { inputSize, geometry, range, outOfRange } = configuration;
  const limits = imageLimits(flags);
  let batch: RgbImage[] = [];
  for await (const { image, index } of readImages(items, {
    canvas: { inputSize, geometry },
    signal: told.signal,
    range,
    outOfRange,
    ...(limits && { limits }),
    onUnreadable: told.onUnreadable,
    onBad: flags.strict ? 'stop' : 'skip',
  })) {
    batch.push(image);
    told.onDone(index + 1);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
