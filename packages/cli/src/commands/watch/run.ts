import { dirname, join, resolve } from 'node:path';
import { type Detector, scoreThreshold } from '@cflow/detector';
import { decodeMask } from '@cflow/images/node';
import { lockFolder } from '@cflow/jobs/folder-lock';
import {
  Delivery,
  Journal,
  Pictures,
  parseRules,
  type Result,
  runLine,
  type ScoreFramesOptions,
  type Sink,
  scoreFrames,
  type VideoInput,
  videoInput,
} from '@cflow/line';
import { ConfigurationError } from '@cflow/spec';
import { annotate } from '../../annotate.js';
import { interruptible } from '../../interruptible.js';
import { openDetector } from '../../open-detector.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { thresholdOf } from '../../options/threshold-options.js';
import { telemetryOf } from '../../telemetry.js';
import { ignoreOutputErrors, noteLine } from '../../terminal/output.js';
import { checkPlaces } from './check-places.js';
import { createSink } from './create-sink.js';
import { createSource, postedPlace } from './create-source.js';
import type { WatchFlags } from './flags.js';
import { type WatchEvent, WatchPrinter } from './watch-printer.js';

const HOLD_BYTES = 1e9;
/** Hosts wait 10 seconds from SIGTERM to SIGKILL; what is not delivered by then is delivered after the next start. */
const END_MS = 5000;
/** With --once, sinks that are slow but there are waited for. */
const ONCE_MS = 600_000;

/** From a folder to verdicts, until it is told to end. */
export async function runWatch(source: string, flags: WatchFlags): Promise<void> {
  ignoreOutputErrors();
  const rules = parseRules(flags.rule ?? []);
  const posted = postedPlace(source) !== undefined;
  const video = posted ? undefined : videoInput(source);
  const beside = posted || video?.kind === 'stream' ? '.' : dirname(resolve(source));
  const state = resolve(flags.state ?? join(beside, '.cflow-watch'));
  let moved: (result: Result) => void = () => {};
  const parts = {
    state,
    rotateBytes: flags.rotate,
    env: process.env,
    onMoved: (result: Result) => moved(result),
  };
  const sinks = await Promise.all(flags.to.map((text) => createSink(text, parts)));
  const twice = sinks.find(({ name }, i) => sinks.findIndex((other) => other.name === name) !== i);
  if (twice) throw new ConfigurationError(`sink "${twice.name}" is given twice; name each once`);
  const folder = picturesFolder(flags);
  if (video || posted) refuseFolderOptions(source, flags);
  else
    await checkPlaces(source, [
      ...(folder === undefined ? [] : [['the folder of pictures', folder] as const]),
      ...flags.to.flatMap((text) => (text.startsWith('move:') ? [['sink', text.slice(5)] as const] : [])),
    ]);
  const lock = await lockFolder(state, {
    holds: 'the state of a line',
    instead: 'give each line a --state of its own',
  });
  try {
    const journal = await Journal.open(state);
    moved = ({ name, file }) => {
      if (file && journal.taken.get(name) === file.stamp) journal.taken.delete(name);
    };
    try {
      await watch(source, flags, { video, journal, sinks, state, rules, folder });
    } finally {
      await journal.close();
    }
  } finally {
    await lock.release();
  }
}

function picturesFolder({ pictures, picturesEvery, picturesDir }: WatchFlags): string | undefined {
  const wanted = (pictures !== undefined && pictures !== 'none') || picturesEvery !== undefined;
  if (!wanted && picturesDir !== undefined)
    throw new ConfigurationError('--pictures-dir needs --pictures or --pictures-every: say which are kept');
  return wanted ? resolve(picturesDir ?? 'pictures') : undefined;
}

/** Options that only apply to files. */
function refuseFolderOptions(source: string, { to, settle }: WatchFlags): void {
  const move = to.find((text) => text.startsWith('move:'));
  if (move !== undefined)
    throw new ConfigurationError(`sink "${move}": there are no files to move in "${source}"; leave it out`);
  if (settle !== undefined) throw new ConfigurationError('--settle is for folders: leave it out');
}

interface WatchParts {
  video: VideoInput | undefined;
  journal: Journal;
  sinks: readonly Sink[];
  state: string;
  rules: ReturnType<typeof parseRules>;
  folder: string | undefined;
}

async function watch(
  path: string,
  flags: WatchFlags,
  { video, journal, sinks, state, rules, folder }: WatchParts,
): Promise<void> {
  const printer = new WatchPrinter(flags);
  const telemetry = await telemetryOf('cflow-line');
  const startTrace = telemetry?.startTrace;
  const metrics = telemetry?.wantsMetrics
    ? (await import('./watch-metrics.js')).createWatchMetrics()
    : undefined;
  const onEvent = (event: WatchEvent): void => {
    printer.event(event);
    metrics?.event(event);
  };
  // Before the detector is loaded, which takes longer: errors should be known at once.
  const source = await createSource(path, video, flags, { journal, onEvent });
  const deliveries: Delivery[] = [];
  let detector: Detector | undefined;
  try {
    for (const sink of sinks) {
      const onDelivered = (results: number): void => metrics?.delivered(sink.name, results);
      const options = { sink, journal, folder: join(state, 'sinks'), onEvent, onDelivered, startTrace };
      deliveries.push(await Delivery.open(options));
    }
    detector = await openDetector(flags.detector, flags);
    const { manifest } = detector;
    const pictures =
      folder === undefined
        ? undefined
        : await Pictures.open(
            {
              folder,
              all: flags.pictures === 'all',
              bad: flags.pictures === 'bad',
              every: flags.picturesEvery,
              budgetBytes: flags.picturesBudget,
              draw: (image, prediction) => annotate(image, prediction, manifest),
            },
            journal.last,
          );
    if (metrics) {
      const waiting = (delivery: Delivery) => () => journal.last - delivery.after;
      metrics.watch(
        () => source.dropped,
        deliveries.map((delivery, i) => ({ name: (sinks[i] as Sink).name, waiting: waiting(delivery) })),
      );
      telemetry?.sendMetrics(metrics.registry);
    }
    for (const delivery of deliveries) delivery.start();
    await interruptible(async (signal) => {
      const options = { ...(await scoringOptions(flags)), signal, ownSize: folder !== undefined };
      await runLine({
        source,
        score: (frames) => scoreFrames(detector as Detector, frames, options),
        journal,
        deliveries,
        rules,
        pictures,
        detector: manifest.name,
        threshold: scoreThreshold(manifest, thresholdOf(flags)),
        holdBytes: flags.hold ?? HOLD_BYTES,
        signal,
        onEvent,
        startTrace,
      });
    });
  } finally {
    await Promise.all(
      deliveries.map((delivery) => delivery.end(flags.once || video?.kind === 'film' ? ONCE_MS : END_MS)),
    );
    await source.close();
    await detector?.dispose();
    await telemetry?.close();
    if (!flags.json) noteLine(printer.summary(source.dropped));
  }
  const late = deliveries.filter(({ after }) => after < journal.last);
  if (late.length > 0) {
    noteLine(
      `${late.length} of ${deliveries.length} sinks have not got everything: start again with the same --state`,
    );
  }
}

async function scoringOptions(flags: WatchFlags): Promise<ScoreFramesOptions> {
  const limits = imageLimits(flags);
  return {
    ...thresholdOf(flags),
    pixelThreshold: flags.pixelThreshold,
    minArea: flags.minArea,
    minShare: flags.minShare,
    ignore: flags.ignore === undefined ? undefined : await decodeMask(flags.ignore, limits),
    ...(limits && { limits }),
  };
}
