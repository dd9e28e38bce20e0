import type { ScoredFile } from './score-files.js';
import type { Timing } from './timing/time-runtimes.js';

/** A runtime's scores, or why there are none. */
export type RuntimeRun =
  | { runtime: string; images: ScoredFile[]; seconds: number }
  | { runtime: string; notAvailable: string };

export interface Comparison {
  runtime: string;
  notAvailable?: string;
  /** By file. */
  scores?: Record<string, number>;
  /** Largest difference to the first runtime's scores, as a share of the spread of scores on good images. */
  largestDifference?: number;
  /** Gray levels that decoded pixels differ by at most; null where the runtime does not show its pixels. */
  pixels?: { png: number; jpeg: number; resampledEqual: boolean } | null;
  withinTolerance?: boolean;
  /** Milliseconds per image of a detector in use, where it was timed, and how many times that of native cpu it is. */
  medianMs?: number;
  ratioToCpu?: number;
}

/** Scores may differ by this share of their spread on good images. */
export const TOLERANCE = 1e-3;

/** Each run against the first one. Of PNG every pixel must be the same, of JPEG only the scores. */
export function compareRuns(runs: readonly RuntimeRun[], spread: number): Comparison[] {
  const [reference] = runs;
  if (!reference || 'notAvailable' in reference) throw new Error('the first runtime must be there');
  return runs.map((run) => {
    if ('notAvailable' in run) return { runtime: run.runtime, notAvailable: run.notAvailable };
    const differences = run.images.map(
      ({ score }, i) => Math.abs(score - reference.images[i]!.score) / spread,
    );
    const largestDifference = Math.max(...differences);
    const pixels = run.images.some((image) => image.pixels)
      ? comparePixels(run.images, reference.images)
      : null;
    return {
      runtime: run.runtime,
      scores: Object.fromEntries(run.images.map(({ name, score }) => [name, score])),
      largestDifference,
      pixels,
      withinTolerance: largestDifference <= TOLERANCE && (pixels === null || pixels.png === 0),
    };
  });
}

/** The comparisons with the time per image of those runtimes that were timed. */
export function withTimes(comparisons: readonly Comparison[], { runs }: Timing): Comparison[] {
  return comparisons.map((each) => {
    const timed = runs.find(({ runtime }) => runtime === each.runtime);
    if (!timed) return each;
    return { ...each, medianMs: timed.medianMs, ratioToCpu: timed.ratioToCpu.median };
  });
}

function comparePixels(
  found: readonly ScoredFile[],
  expected: readonly ScoredFile[],
): { png: number; jpeg: number; resampledEqual: boolean } {
  const result = { png: 0, jpeg: 0, resampledEqual: true };
  found.forEach(({ name, pixels }, i) => {
    const other = expected[i]?.pixels;
    if (!pixels || !other) throw new Error(`${name} has no pixels`);
    const kind = name.endsWith('.png') ? 'png' : 'jpeg';
    if (pixels.rgbHash !== other.rgbHash) {
      result[kind] = Math.max(result[kind], grayLevels(pixels.rgb, other.rgb));
    }
    if (pixels.planarHash !== other.planarHash) result.resampledEqual = false;
  });
  return result;
}

function grayLevels(a: string, b: string): number {
  const [left, right] = [Buffer.from(a, 'base64'), Buffer.from(b, 'base64')];
  if (left.length !== right.length) return 255;
  return left.reduce((largest, value, i) => Math.max(largest, Math.abs(value - right[i]!)), 0);
}

/** For people. */
export function printTable(comparisons: readonly Comparison[], spread: number): string {
  const files = Object.keys(comparisons[0]?.scores ?? {});
  const columns: string[][] = [
    [
      'runtime',
      ...files,
      'largest difference',
      'PNG pixels',
      'JPEG pixels',
      'resampled',
      'time per image',
      '',
    ],
  ];
  for (const comparison of comparisons) {
    const { runtime, notAvailable, scores, largestDifference, pixels, withinTolerance } = comparison;
    if (!scores) {
      columns.push([
        runtime,
        ...files.map(() => '–'),
        '–',
        '–',
        '–',
        '–',
        '–',
        `not available: ${notAvailable}`,
      ]);
      continue;
    }
    columns.push([
      runtime,
      ...files.map((file) => scores[file]!.toFixed(7)),
      (largestDifference as number).toExponential(1),
      pixels ? levels(pixels.png) : 'not shown',
      pixels ? levels(pixels.jpeg) : 'not shown',
      pixels ? (pixels.resampledEqual ? 'equal' : 'differ') : 'not shown',
      timeOf(comparison),
      withinTolerance ? 'within tolerance' : 'OUT OF TOLERANCE',
    ]);
  }
  // A runtime to a column: there are more files than fit in a line.
  const widths = columns.map((column) => Math.max(...column.map((cell) => cell.length)));
  const rows = columns[0]!.map((_, row) =>
    columns
      .map((column, i) => column[row]!.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  rows.push(
    `Differences are shares of the spread of scores on good images, ${spread.toExponential(3)}; tolerance ${TOLERANCE}.`,
  );
  return rows.join('\n');
}

function timeOf({ medianMs, ratioToCpu }: Comparison): string {
  if (medianMs === undefined || ratioToCpu === undefined) return 'not timed';
  return `${medianMs.toFixed(1)} ms, cpu × ${ratioToCpu.toFixed(2)}`;
}

function levels(difference: number): string {
  if (difference === 0) return 'equal';
  return `by ${difference} ${difference === 1 ? 'gray level' : 'gray levels'} at most`;
}
