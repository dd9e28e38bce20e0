import { open } from 'node:fs/promises';
import { scoreThreshold } from '@cflow/detector';
import { decodeMask } from '@cflow/images/node';
import {
  csvLine,
  type FilmEvent,
  FilmEvents,
  type FilmFrame,
  FilmSource,
  type Frame,
  scoreFrames,
  type VideoInput,
} from '@cflow/line';
import { EXIT } from '../../exit-code.js';
import { interruptible } from '../../interruptible.js';
import { openDetector } from '../../open-detector.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { thresholdOf } from '../../options/threshold-options.js';
import { count, formatNumber } from '../../terminal/format.js';
import { noteLine, printLine } from '../../terminal/output.js';
import { Table } from '../../terminal/table.js';
import type { PredictFlags } from './flags.js';
import { PredictionFiles, type WrittenFiles } from './prediction-files.js';

const GAP_SECONDS = 0.2;
/** Frames that are scored together. */
const MOST_FRAMES = 8;
const COLUMNS = ['frame', 'seconds', 'score', 'false_alarm_probability', 'label', 'event'];

/** From a film to its events: a line for each as soon as it is over, and a row for each frame on request. */
export async function predictFilm(bundle: string, input: VideoInput, flags: PredictFlags): Promise<void> {
  const detector = await openDetector(bundle, flags);
  const source = new FilmSource({ input, lastNumber: 0, fps: flags.fps });
  try {
    const files = await PredictionFiles.open(flags, detector.manifest);
    const scores = flags.scores === undefined ? undefined : await open(flags.scores, 'w');
    try {
      await scores?.write(`${csvLine(COLUMNS)}\r\n`);
      const printer = new EventPrinter(flags.json === true);
      const tally = { frames: 0, bad: 0, events: 0 };
      const tell = async (event: FilmEvent | undefined): Promise<void> => {
        if (!event) return;
        tally.events++;
        const { image, prediction, number } = event.peak;
        printer.event(event, await files.write(`${input.stem}-${number}.png`, image, prediction));
      };
      await interruptible(async (signal) => {
        const limits = imageLimits(flags);
        const options = {
          ...thresholdOf(flags),
          pixelThreshold: flags.pixelThreshold,
          minArea: flags.minArea,
          minShare: flags.minShare,
          ignore: flags.ignore === undefined ? undefined : await decodeMask(flags.ignore, limits),
          signal,
        };
        const events = new FilmEvents({ gapSeconds: flags.gap ?? GAP_SECONDS });
        for (;;) {
          const frames = await source.take(MOST_FRAMES, signal);
          if (frames.length === 0) break;
          for (const frame of await scored(frames, (some) => scoreFrames(detector, some, options))) {
            tally.frames++;
            if (frame.prediction.label === 'bad') tally.bad++;
            await tell(events.add(frame));
            await scores?.write(`${csvLine(cells(frame, events.current))}\r\n`);
          }
        }
        await tell(events.finish());
      });
      const threshold = formatNumber(scoreThreshold(detector.manifest, thresholdOf(flags)));
      if (!flags.json) {
        noteLine(
          `${count(tally.frames, 'frame')}: ${tally.bad} bad, ${count(tally.events, 'event')}; threshold ${threshold}`,
        );
      }
      if (flags.failOnBad && tally.bad > 0) process.exitCode = EXIT.error;
    } finally {
      await scores?.close();
    }
  } finally {
    await source.close();
    await detector.dispose();
  }
}

async function scored(
  frames: readonly Frame[],
  score: (frames: readonly Frame[]) => ReturnType<typeof scoreFrames>,
): Promise<FilmFrame[]> {
  const result: FilmFrame[] = [];
  for (const each of await score(frames)) {
    // Pixels have already been read, so they cannot be unreadable.
    if ('error' in each) throw each.error;
    const { frame, image, prediction } = each;
    result.push({ number: frame.number, seconds: frame.time.getTime() / 1000, image, prediction });
  }
  return result;
}

function cells(
  { number, seconds, prediction }: FilmFrame,
  event: number | undefined,
): (string | number | null)[] {
  const { score, falseAlarmProbability, label } = prediction;
  return [number, seconds, score, falseAlarmProbability, label, label === 'bad' ? (event ?? null) : null];
}

/** Events as a table for people or as JSON lines. */
class EventPrinter {
  readonly #json: boolean;
  readonly #table: Table = new Table([
    { title: 'event', align: 'right', width: 5 },
    { title: 'start', align: 'right', width: 9 },
    { title: 'end', align: 'right', width: 9 },
    { title: 'frames', align: 'right', width: 6 },
    { title: 'peak', align: 'right', width: 9 },
    { title: 'score', align: 'right', width: 8 },
    { title: 'picture' },
  ]);
  #begun = false;

  constructor(json: boolean) {
    this.#json = json;
  }

  event({ event, start, end, frames, peak }: FilmEvent, written: WrittenFiles): void {
    const { score, falseAlarmProbability, regions } = peak.prediction;
    if (this.#json) {
      const { number: frame, seconds } = peak;
      const line = {
        event,
        start,
        end,
        frames,
        peak: { frame, seconds, score, falseAlarmProbability, regions, ...written },
      };
      printLine(JSON.stringify(line));
      return;
    }
    if (!this.#begun) printLine(this.#table.header());
    this.#begun = true;
    const cells = [
      String(event),
      `${start.seconds.toFixed(2)} s`,
      `${end.seconds.toFixed(2)} s`,
      String(frames),
      `${peak.seconds.toFixed(2)} s`,
      formatNumber(score),
      written.overlayFile ?? '',
    ];
    printLine(this.#table.row(cells));
  }
}
