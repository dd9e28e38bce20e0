// What a bundle has for the precision mode `throughput`, found on a card: the scores of good images there, and a golden probe.
import {
  type BundleSource,
  highest,
  type LoadDetectorOptions,
  manifestBytes,
  onOneVersion,
  openGraphs,
  probeGraphs,
  readProbe,
  Scorer,
  sha256Hex,
  type VerifiedBundle,
  verifyBundle,
} from '@cflow/detector';
import { driftTest } from '@cflow/evaluation';
import type { DeviceCandidate } from '@cflow/runtime';
import {
  BUNDLE_FILES,
  type BundleManifest,
  DataSetError,
  type RgbImage,
  type ScalarMap,
  THROUGHPUT_FILES,
  type Throughput,
} from '@cflow/spec';
import { calibrationPart } from './calibration-part.js';
import { makeProbe } from './make-probe.js';

export interface CalibrateThroughputOptions {
  source: BundleSource;
  /** The card, in a process of the mode. */
  card: DeviceCandidate;
  /** As `loadDetector` takes it. */
  oneGraph?: LoadDetectorOptions['oneGraph'];
  /** Good images that the detector was not trained on, in batches. */
  images: AsyncIterable<readonly RgbImage[]>;
}

/**
 * Two cards that round, or one and the CPU: scores were seen to differ by at most 0.085 of their spread on good images, maps by
 * at most 0.31 of it.
 */
const ROUNDED_SHARE = 0.4;
const ROUNDED_RELATIVE = 1e-2;
/** Scores so unlike those of the bundle's own calibration are no chance. */
const UNLIKELY = 1e-4;

/**
 * Calibrates a bundle for the precision mode `throughput`: all of it as it was, and beside it the calibration and the golden probe
 * that `inPrecisionMode` reads. The card is first held to the exact probe, as closely as rounding allows.
 *
 * @returns the files of the bundle by name
 * @throws DeviceError when the card computes something else; DataSetError when the images are too few, or do not score as the
 * good images did that the bundle was calibrated on; BundleError
 */
export async function calibrateThroughput(
  options: CalibrateThroughputOptions,
): Promise<Map<string, Uint8Array>> {
  const { source, card } = options;
  return onOneVersion(source, async () => {
    const exact = await verifyBundle(source);
    const { tuned, probe } = await onCard(exact, options);
    const throughput: Throughput = { device: card.description, ...tuned };
    const files = await filesOf(exact);
    files.set(
      THROUGHPUT_FILES.calibration,
      new TextEncoder().encode(`${JSON.stringify(throughput, null, 2)}\n`),
    );
    files.set(THROUGHPUT_FILES.probe, probe);
    const listed: BundleManifest['files'] = {};
    for (const [name, bytes] of files) listed[name] = { sha256: await sha256Hex(bytes), bytes: bytes.length };
    files.set(BUNDLE_FILES.manifest, await manifestBytes({ ...exact.manifest, files: listed }));
    return files;
  });
}

async function onCard(
  exact: VerifiedBundle,
  { card, oneGraph, images }: CalibrateThroughputOptions,
): Promise<{ tuned: Omit<Throughput, 'device'>; probe: Uint8Array }> {
  const { calibration, configuration, region } = exact.manifest;
  const tolerances = {
    absoluteTolerance: ROUNDED_SHARE * calibration.scoreSpread,
    relativeTolerance: ROUNDED_RELATIVE,
  };
  const rounded: VerifiedBundle = {
    ...exact,
    manifest: { ...exact.manifest, precisionMode: 'throughput', probe: tolerances },
  };
  const runtime = await card.createRuntime();
  try {
    const { backbone, head } = await openGraphs(runtime, rounded, {}, oneGraph);
    const probe = readProbe(rounded);
    await probeGraphs(backbone, head, probe);
    const { inputSize, geometry } = configuration;
    const scorer = new Scorer({ backbone, head, inputSize, geometry, region });
    const [scores, peaks]: [number[], number[]] = [[], []];
    for await (const batch of images) {
      for (const { score, map } of await scorer.score(batch, { map: true })) {
        scores.push(score);
        peaks.push(highest(map as ScalarMap));
      }
    }
    refuseOthers(scores, exact.manifest);
    const part = calibrationPart(scores, 'held-out', calibration.map && peaks);
    const tuned = { ...part, probe: tolerances };
    return { tuned, probe: await makeProbe(probe.feeds.image as never, backbone, head) };
  } finally {
    await runtime.dispose();
  }
}

/** Images that were trained on score too low to calibrate by, and those of another camera are not what will come. */
function refuseOthers(scores: readonly number[], { name, calibration }: BundleManifest): void {
  if (scores.length < 2) {
    throw new DataSetError(
      `a detector is calibrated on good images, at least 2 and 100 or more to do it well; got ${scores.length}`,
      { details: { goodImages: scores.length } },
    );
  }
  const { pValue } = driftTest(calibration.score, scores);
  if (pValue >= UNLIKELY) return;
  throw new DataSetError(
    `these ${scores.length} images do not score as the good images did that "${name}" was calibrated on; expected good images of ` +
      'the same kind that it was not trained on, such as those that were held out or taken since',
    { details: { pValue } },
  );
}

/** Every file that a bundle lists and has: a report may be missing. */
async function filesOf({ source, manifest, files }: VerifiedBundle): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for (const name of Object.keys(manifest.files)) {
    const read = files.get(name) ?? source.read(name);
    const bytes =
      name === BUNDLE_FILES.report ? await Promise.resolve(read).catch(() => undefined) : await read;
    if (bytes) all.set(name, bytes);
  }
  return all;
}
