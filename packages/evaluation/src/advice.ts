import type { BundleManifest } from '@cflow/spec';

/** What a detector is worth by what was measured, and what to do next. */
export interface Advice {
  /** `unmeasured`: nobody knows, for there were no pictures of bad parts. */
  rating: 'good' | 'fair' | 'weak' | 'unmeasured';
  /** One sentence. */
  verdict: string;
  /** What is likely to help most, first; three at most. */
  steps: AdviceStep[];
}

export interface AdviceStep {
  kind:
    | 'wrong-place'
    | 'few-images'
    | 'small-defects'
    | 'backbone'
    | 'threshold'
    | 'few-held-out'
    | 'measure';
  text: string;
}

/** What advice is given on. */
export interface AdviceFacts
  extends Pick<BundleManifest, 'calibration' | 'configuration' | 'metrics' | 'provenance' | 'thresholds'> {
  /** Width and height of the largest picture, where it is known. */
  largestPicture?: readonly [width: number, height: number] | undefined;
}

const MOST_STEPS = 3;
/** Shares of the bad parts from which a detector is good, and fair. */
const GOOD = 0.95;
const FAIR = 0.8;
/** Good images below which what is usual of them is hardly known. */
const FEW_IMAGES = 50;
/** Share of the bad parts that may be marked beside the defect before it is said. */
const BESIDE = 0.1;
/** Pictures of each kind to test on, below which they show little: where none of ten is missed, three in ten may still be (Clopper and Pearson, 95 %). */
const FEW_TESTED = 10;
/** Share of the bad parts that more false alarms must find besides before it is said. */
const MUCH_MORE = 0.1;
/**
 * Times that pictures are larger than what a detector looks at, from which small defects are lost. Below it, more pixels draw
 * defects better and find no more of them: see docs/quality.md.
 */
const MUCH_LARGER = 4;

/** A verdict, and at most three steps, from what was measured and nothing else. */
export function adviceOf(facts: AdviceFacts): Advice {
  const { metrics, provenance } = facts;
  const found = metrics?.detectionRate;
  if (!metrics || metrics.badImages === 0 || typeof found !== 'number') {
    return {
      rating: 'unmeasured',
      verdict: `Not measured: trained on ${images(provenance.trainImages, 'good image')}, but without pictures of bad parts nobody knows what it finds.`,
      steps: stepsFor(facts, undefined),
    };
  }
  const alarms = metrics.falseAlarmRate ?? undefined;
  const tooMany = alarms !== undefined && alarms > Math.max(0.05, 3 * facts.thresholds.falseAlarmRate);
  const few = tooFewTested(metrics);
  const rating = found >= GOOD && !tooMany && !few ? 'good' : found >= FAIR ? 'fair' : 'weak';
  const called =
    alarms === undefined || metrics.goodImages === 0
      ? ''
      : ` and calls ${Math.round(alarms * metrics.goodImages)} of ${images(metrics.goodImages, 'good one')} bad`;
  const what = `finds ${Math.round(found * metrics.badImages)} of ${images(metrics.badImages, 'bad part')}${called}`;
  const ends = {
    good: '.',
    fair: few ? '; these are too few pictures to be sure.' : '; some are missed or wrong.',
    weak: '; do not rely on it yet.',
  };
  return {
    rating,
    verdict: `${{ good: 'Good', fair: 'Fair', weak: 'Weak' }[rating]}: ${what}${ends[rating]}`,
    steps: stepsFor(facts, found),
  };
}

/** @param found Share of the bad parts that are found; undefined where that was not measured */
function stepsFor(facts: AdviceFacts, found: number | undefined): AdviceStep[] {
  const { configuration, provenance, thresholds, calibration, metrics } = facts;
  const misses = found !== undefined && found < GOOD;
  const steps: (AdviceStep | false)[] = [
    misplaced(facts, found),
    provenance.trainImages + provenance.validationImages < FEW_IMAGES && {
      kind: 'few-images',
      text: `Add good images: ${provenance.trainImages + provenance.validationImages} show little of what good parts look like; ${FEW_IMAGES} to 200 are usual.`,
    },
    misses &&
      configuration.backbone === 'embedded' && {
        kind: 'backbone',
        text: 'Take another backbone: the embedded one is the smallest, and finds less than efficientnet_lite0.',
      },
    misses && (moreAlarms(facts, found) || anotherThreshold(facts)),
    misses && lostInLargePictures(facts),
    thresholds.falseAlarmRate > 0.01 && {
      kind: 'few-held-out',
      text: `Add good images for fewer false alarms: the ${calibration.score.count} that it was calibrated on can vouch for no less than ${percent(thresholds.falseAlarmRate)}; about 100 can for 1 %.`,
    },
    found !== undefined &&
      metrics !== null &&
      tooFewTested(metrics) && {
        kind: 'measure',
        text: `Add pictures to test on: ${images(metrics.goodImages, 'good one')} and ${images(metrics.badImages, 'bad one')} say little; ${FEW_TESTED} of each are the least, and 50 say much more.`,
      },
    found === undefined && {
      kind: 'measure',
      text: 'Add pictures of bad parts, in a folder "bad" beside the good ones, a few of each kind: then what it finds is measured.',
    },
  ];
  return steps.filter((step) => step !== false).slice(0, MOST_STEPS);
}

const tooFewTested = ({ goodImages, badImages }: NonNullable<AdviceFacts['metrics']>): boolean =>
  Math.min(goodImages, badImages) < FEW_TESTED;

/** Found for the wrong reason: called bad, and marked where the defect is not. */
function misplaced({ metrics }: AdviceFacts, found: number | undefined): AdviceStep | false {
  const located = metrics?.locationRate;
  if (found === undefined || typeof located !== 'number' || found - located < BESIDE) return false;
  return {
    kind: 'wrong-place',
    text: `Look at the maps: ${percent(found)} of the bad parts are called bad, but only ${percent(located)} are marked where the defect is. Glare, edges and backgrounds that change are usual reasons; keep them still, crop them away, or ignore them.`,
  };
}

/** What the same detector would find if more false alarms could be borne, where that is much more. */
function moreAlarms({ metrics, thresholds }: AdviceFacts, found: number): AdviceStep | false {
  if (!metrics) return false;
  const { badImages, operatingPoints = [] } = metrics;
  const more = operatingPoints.filter(
    ({ promised, detectionRate }) => promised > thresholds.falseAlarmRate && (detectionRate ?? 0) > found,
  );
  if ((more.at(-1)?.detectionRate ?? 0) < found + MUCH_MORE) return false;
  const would = more.map(({ promised, detectionRate }) => {
    return `${percent(promised)} finds ${Math.round((detectionRate as number) * badImages)}`;
  });
  return {
    kind: 'threshold',
    text: `Decide how many false alarms you can accept: calling ${percent(thresholds.falseAlarmRate)} of the good parts bad finds ${Math.round(found * badImages)} of ${images(badImages, 'bad one')}, calling ${would.join(', ')} (--false-alarm-rate, or under Detectors on the page).`,
  };
}

function anotherThreshold({ metrics, thresholds }: AdviceFacts): AdviceStep | false {
  if (!metrics || thresholds.f1 === null || thresholds.f1 >= thresholds.score) return false;
  return {
    kind: 'threshold',
    text: `Try a threshold of ${short(thresholds.f1)} in place of ${short(thresholds.score)}: it tells the test images apart best (F1 ${short(metrics.f1 ?? 0)}), with more false alarms.`,
  };
}

function lostInLargePictures({ configuration, largestPicture }: AdviceFacts): AdviceStep | false {
  if (!largestPicture) return false;
  const [height, width] = configuration.inputSize;
  const times = Math.max(largestPicture[0] / width, largestPicture[1] / height);
  if (times < MUCH_LARGER) return false;
  return {
    kind: 'small-defects',
    text: `Look closer: pictures of ${largestPicture[0]} x ${largestPicture[1]} are shrunk to ${width} x ${height}, where a defect of ${Math.ceil(3 * times)} pixels is ${short(3)}. Crop to the part, or train with --geometry tiles.`,
  };
}

const images = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;
const percent = (share: number): string => `${short(share * 100)} %`;
const short = (value: number): string => String(Number(value.toPrecision(3)));
