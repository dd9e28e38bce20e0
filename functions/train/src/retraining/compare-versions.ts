import { type Detector, loadDetector, scoreThreshold } from '@cflow/detector';
import { type Evaluation, evaluateDetector, folderBundle } from '@cflow/detector/node';
import { nodeDevices } from '@cflow/runtime/node';
import type { ComparedVersion, Comparison, DataSetItem, DetectorSettings, DeviceChoice } from '@cflow/spec';
import { settledOptions } from '@cflow/store';
import { proposalFor } from './proposal.js';
import { MARKED } from './with-marked.js';

export interface CompareVersionsOptions {
  /** Folders of bundles. */
  old: { bundle: string; version: string };
  new: { bundle: string };
  /** What is decided for the detector: the old version is compared as it is used. */
  settings: DetectorSettings;
  test: readonly DataSetItem[];
  /** Good images that the new version held out, for where there are none to test on. */
  heldOut: readonly DataSetItem[];
  device: DeviceChoice;
  threads: number;
  signal: AbortSignal;
}

const MOST_CHANGED = 20;
const LONGEST_NAME = 200;

/** Both versions on the same pictures, one after the other, each with its own threshold. */
export async function compareVersions(options: CompareVersionsOptions): Promise<Comparison> {
  const { test } = options;
  const heldOut = !test.some(({ label }) => label === 'good');
  // Training folders need not say that their images are good.
  const good = heldOut ? options.heldOut.map((item) => ({ ...item, label: 'good' as const })) : [];
  const items = [...test, ...good];
  const before = await scored(options.old.bundle, options.old.version, items, options);
  const after = await scored(options.new.bundle, null, items, options);
  const names = new Map(after.images.map((image) => [image.item.name, image]));
  // An image that only one of them could be given says nothing.
  const both = before.images.filter(({ item }) => names.has(item.name));
  const isGood = both.filter(({ item }) => item.label === 'good').length;
  const found = {
    good: isGood,
    bad: both.length - isGood,
    marked: both.filter(({ item }) => item.name.startsWith(MARKED)).length,
    heldOut: heldOut && isGood > 0,
    old: before.compared,
    new: after.compared,
  };
  const changed = both.flatMap(({ item, prediction }) => {
    const other = names.get(item.name)?.prediction.label;
    if (other === undefined || other === prediction.label) return [];
    return [
      {
        name: item.name.slice(-LONGEST_NAME),
        label: item.label as 'good' | 'bad',
        old: prediction.label,
        new: other,
      },
    ];
  });
  return { ...found, changed: changed.slice(0, MOST_CHANGED), ...proposalFor(found) };
}

async function scored(
  bundle: string,
  version: string | null,
  items: readonly DataSetItem[],
  { settings, device, threads, signal }: CompareVersionsOptions,
): Promise<Evaluation & { compared: ComparedVersion }> {
  const detector: Detector = await loadDetector(folderBundle(bundle), {
    devices: await nodeDevices({ threads }),
    device,
    threads,
    oneGraph: () => import('@cflow/detector/one-graph'),
  });
  try {
    const threshold = scoreThreshold(detector.manifest, settledOptions({}, settings, version ?? ''));
    if (items.length === 0) {
      const nothing = { version, threshold, falseAlarms: 0, found: 0, imageAuroc: null };
      return { metrics: detector.manifest.metrics as Evaluation['metrics'], images: [], compared: nothing };
    }
    const evaluation = await evaluateDetector(detector, items, { threshold, signal });
    const bad = evaluation.images.filter(({ prediction }) => prediction.label === 'bad');
    const found = bad.filter(({ item }) => item.label === 'bad').length;
    const { imageAuroc } = evaluation.metrics;
    return {
      ...evaluation,
      compared: { version, threshold, falseAlarms: bad.length - found, found, imageAuroc },
    };
  } finally {
    await detector.dispose();
  }
}
