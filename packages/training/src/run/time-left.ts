// How long a run still takes, as a whole. Only its parts know how far they are; what comes after them is told by what an image took.
import type { OnTrainingEvent, TrainingEvent } from '../events.js';
import { CROSS_FITTED_IMAGES, MEMORY_IMAGES } from '../memory/fit-memory.js';

/**
 * What the parts of a run cost, in images that go through the backbone: decoding and resampling are most of that for the
 * backbones that are built in, so that the ratios hardly differ among them.
 */
const COST = {
  /** Choosing the rows of a memory, whatever the number of images. */
  memoryRows: 260,
  comparing: 0.8,
  /** All of it for few images, for which memories are chosen several times. */
  crossFitting: 450,
  memoryCalibration: 0.5,
  flowCalibration: 4,
  evaluation: 1.6,
  /** Pictures of good images, where there is nothing to evaluate on; a memory makes another one for them. */
  flowPictures: 130,
  memoryPictures: 450,
};
/** Before so many images have been seen, nobody knows what one takes: they come in batches, the first with all that is opened for it. */
const FEW = 8;

type Start = Extract<TrainingEvent, { type: 'start' }>;

/** Seconds per piece of a part that has begun, once it is known. */
class Pace {
  readonly #now: () => number;
  #first: { at: number; done: number } | undefined;
  #last = 0;
  each: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  saw(done: number, least: number): void {
    // A count that begins again is that of another round.
    if (this.#first === undefined || done <= this.#last) this.#first = { at: this.#now(), done };
    this.#last = done;
    const since = done - this.#first.done;
    if (since >= least) this.each = (this.#now() - this.#first.at) / since;
  }
}

/**
 * Adds to the events of a run on a folder the seconds until its end, where that can be told: all that is left, calibration and
 * evaluation with it.
 * @param now Seconds, from any moment on
 */
export function withTimeLeft(
  onEvent: OnTrainingEvent,
  now: () => number = () => performance.now() / 1000,
): OnTrainingEvent {
  const images = new Pace(now);
  const comparing = new Pace(now);
  let cost: Costs | undefined;
  /** Seconds of so many images through the backbone. */
  const seconds = (count: number): number | undefined =>
    images.each === undefined ? undefined : images.each * count;
  return (event) => {
    if (event.type === 'start') cost = costOf(event);
    onEvent(cost ? timed(event, cost) : event);
  };

  function timed(event: TrainingEvent, { memory, made, calibration, evaluation }: Costs): TrainingEvent {
    switch (event.type) {
      case 'features':
        images.saw(event.done, FEW);
        // What a decoder's step takes is not known before the first.
        if (!memory) return event;
        return withSeconds(event, seconds(event.total - event.done + made + calibration + evaluation));
      case 'comparing': {
        comparing.saw(event.done, 1);
        const after = seconds(calibration + evaluation);
        if (comparing.each === undefined || after === undefined) return event;
        return withSeconds(event, comparing.each * (event.total - event.done) + after);
      }
      case 'progress': {
        const after = seconds(calibration + evaluation) ?? 0;
        return event.secondsLeft === null ? event : { ...event, secondsLeft: event.secondsLeft + after };
      }
      case 'calibrated':
        return withSeconds(event, seconds(evaluation));
      default:
        return event;
    }
  }
}

function withSeconds<Event extends object>(event: Event, secondsLeft: number | undefined): Event {
  return secondsLeft === undefined ? event : { ...event, secondsLeft };
}

/** What is left once the features are there, in images through the backbone. */
interface Costs {
  memory: boolean;
  made: number;
  calibration: number;
  evaluation: number;
}

function costOf({ epochs, trainImages, validationImages, testImages }: Start): Costs {
  const memory = epochs === 0;
  const good = trainImages + validationImages;
  const pictured = memory ? COST.memoryPictures : COST.flowPictures;
  const evaluation = testImages > 0 ? COST.evaluation * testImages : pictured;
  if (!memory) {
    const calibrated = validationImages >= 2 ? validationImages : trainImages;
    return { memory, made: 0, calibration: COST.flowCalibration * calibrated, evaluation };
  }
  const compared = Math.min(good, MEMORY_IMAGES);
  const comparing = compared <= CROSS_FITTED_IMAGES ? COST.crossFitting : COST.comparing * compared;
  return {
    memory,
    made: COST.memoryRows + comparing,
    calibration: COST.memoryCalibration * compared,
    evaluation,
  };
}
