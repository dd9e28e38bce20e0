import { setTimeout as sleep } from 'node:timers/promises';
import { CflowError, type StartTrace } from '@cflow/spec';
import type { Delivery } from './delivery.js';
import type { Frame, Source } from './frame.js';
import { frameSpans } from './frame-spans.js';
import type { Journal } from './journal/journal.js';
import type { Pictures } from './pictures.js';
import type { Result } from './result.js';
import { applyRules, framesBehind, NO_FRAMES_YET, type RuleState, type Rules } from './rules/rules.js';
import type { ScoredFrame } from './score-frames.js';

/** Frames that are scored together; also what is lost of work, not of frames, when the process dies. */
const MOST_FRAMES = 8;
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
const ROOM_MS = 200;

export type LineEvent =
  /** `milliseconds`: from when the frame was there until its result was accepted. */
  | { type: 'result'; result: Result; prediction: ScoredFrame; milliseconds: number }
  /** Results that sinks have not got fill the budget: no frame is taken until there is room. */
  | { type: 'waiting'; bytes: number }
  | { type: 'going-on' }
  /** The journal cannot be written: frames wait where they are. */
  | { type: 'journal-failed'; reason: string }
  | { type: 'journal-back' }
  | { type: 'picture-failed'; name: string; reason: string };

export interface LineOptions {
  source: Source;
  score: (frames: readonly Frame[]) => Promise<ScoredFrame[]>;
  journal: Journal;
  deliveries: readonly Delivery[];
  rules: Rules;
  pictures?: Pictures | undefined;
  detector: string;
  threshold: number;
  /** Bytes of results that may wait for sinks. */
  holdBytes: number;
  signal: AbortSignal;
  onEvent: (event: LineEvent) => void;
  /** Records what becomes of each frame. */
  startTrace?: StartTrace | undefined;
}

/**
 * Takes frames, scores them and accepts what came out: from then on each sink gets it, whatever happens to the process. Ends
 * with the source.
 *
 * @throws the signal's reason, DeviceError, or what the source throws; what was accepted stays
 */
export async function runLine(options: LineOptions): Promise<void> {
  const { source, score, journal, deliveries, signal } = options;
  let state = await stateOf(options.rules, journal);
  for (;;) {
    await untilRoom(options);
    const frames = await source.take(MOST_FRAMES, signal);
    if (frames.length === 0) return;
    const spans = frameSpans(frames, options);
    const scored = await score(frames);
    spans.leave(scored.map(({ frame }) => frame));
    if (scored.length === 0) continue;
    const results: Result[] = [];
    for (const each of scored) {
      const sequence = journal.last + results.length + 1;
      const ruled = judged(resultOf(each, sequence, options), each, options.rules, state);
      state = ruled.state;
      results.push(await withPicture(ruled.result, each, options));
    }
    await spans.during('journal', () => appendWhenPossible(results, options));
    spans.end();
    const acceptedAt = performance.now();
    for (const delivery of deliveries) delivery.wake();
    for (const [i, result] of results.entries()) {
      const prediction = scored[i] as ScoredFrame;
      const milliseconds = acceptedAt - prediction.frame.readyAt;
      prediction.frame.accepted?.(result);
      options.onEvent({ type: 'result', result, prediction, milliseconds });
    }
    await journal.prune(Math.min(...deliveries.map(({ after }) => after), journal.last));
  }
}

function resultOf(
  scored: ScoredFrame,
  sequence: number,
  { journal, source, detector, threshold }: LineOptions,
): Result {
  const { number, time, name, picture, span } = scored.frame;
  const common = {
    id: `${journal.id}-${sequence}`,
    sequence,
    source: source.name,
    number,
    time: time.toISOString(),
    name,
    ...('path' in picture && { file: { path: picture.path, stamp: picture.stamp } }),
    detector,
    alarms: [],
    ...(span && { traceparent: span.traceparent }),
  };
  if ('error' in scored) {
    const nothing = { label: null, score: null, falseAlarmProbability: null, verdict: null };
    return { ...common, ...nothing, threshold, regions: [], error: scored.error.message };
  }
  const { prediction, original } = scored;
  const { label, score, falseAlarmProbability, regions, map } = prediction;
  return {
    ...common,
    label,
    score,
    falseAlarmProbability,
    threshold: prediction.threshold,
    ...(prediction.precisionMode && { precisionMode: prediction.precisionMode }),
    regions,
    mapSize: { width: map.width, height: map.height },
    imageSize: { width: original.width, height: original.height },
    verdict: label,
  };
}

/** A frame that could not be read says nothing of the parts, and no rule counts it. */
function judged(
  result: Result,
  { frame }: ScoredFrame,
  rules: Rules,
  state: RuleState,
): { result: Result; state: RuleState } {
  const { label, falseAlarmProbability } = result;
  if (label === null || falseAlarmProbability === null) return { result, state };
  const next = applyRules(rules, state, { label, falseAlarmProbability, time: frame.time.getTime() });
  return { result: { ...result, ...next.ruling }, state: next.state };
}

/** What the rules remember, from the results that are still there. */
async function stateOf(rules: Rules, journal: Journal): Promise<RuleState> {
  let state = NO_FRAMES_YET;
  const behind = framesBehind(rules);
  if (behind === 0) return state;
  for (const { label, falseAlarmProbability, time } of await journal.tail(behind)) {
    if (label === null || falseAlarmProbability === null) continue;
    ({ state } = applyRules(rules, state, { label, falseAlarmProbability, time: Date.parse(time) }));
  }
  return state;
}

/** A picture that cannot be written is said and missed; the verdict does not wait for it. */
async function withPicture(
  result: Result,
  scored: ScoredFrame,
  { pictures, onEvent }: LineOptions,
): Promise<Result> {
  if (!pictures || 'error' in scored) return result;
  try {
    const pictureFile = await pictures.keep(result, scored.image, scored.prediction);
    return pictureFile === undefined ? result : { ...result, pictureFile };
  } catch (error) {
    if (!CflowError.isInstance(error)) throw error;
    onEvent({ type: 'picture-failed', name: result.name, reason: error.message });
    return result;
  }
}

async function appendWhenPossible(
  results: readonly Result[],
  { journal, signal, onEvent }: LineOptions,
): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      await journal.append(results);
      if (failures > 0) onEvent({ type: 'journal-back' });
      return;
    } catch (error) {
      if (!CflowError.isInstance(error)) throw error;
      if (failures === 0) onEvent({ type: 'journal-failed', reason: error.message });
      const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(failures, 5));
      await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

async function untilRoom({ journal, deliveries, holdBytes, signal, onEvent }: LineOptions): Promise<void> {
  const waitingBytes = (): number => Math.max(0, ...deliveries.map(({ after }) => journal.bytesAfter(after)));
  if (waitingBytes() <= holdBytes) return;
  onEvent({ type: 'waiting', bytes: waitingBytes() });
  while (waitingBytes() > holdBytes)
    await sleep(ROOM_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  onEvent({ type: 'going-on' });
}
