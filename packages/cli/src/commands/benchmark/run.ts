import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { checkWritable } from '@cflow/detector/node';
import { CflowError, ConfigurationError, TrainingError } from '@cflow/spec';
import { interruptible, isInterruption } from '../../interruptible.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { packageVersion } from '../../package-version.js';
import { count, formatDuration, formatFigure } from '../../terminal/format.js';
import { noteDataSet } from '../../terminal/note-data-set.js';
import { noteLine, printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { LineProgress } from '../../terminal/training/line-progress.js';
import { comparisonLines, NOTES, summaryLines } from './benchmark-lines.js';
import { type Category, findCategories } from './categories.js';
import type { Cell, CellResult, Variant } from './cell.js';
import { CellFiles } from './cell-files.js';
import { choiceLines } from './choice-lines.js';
import { compareRuns, compareWithin, readRun, type VariantComparison } from './compare.js';
import type { BenchmarkFlags } from './flags.js';
import { type LeftOutChoice, leaveOneOut } from './leave-one-out.js';
import { ownVariants } from './own-variants.js';
import { planCells } from './plan-cells.js';
import { summarize, type VariantSummary } from './summarize.js';
import { tableFormat } from './table-format.js';
import { withBackbones } from './with-backbones.js';

/** What `benchmark.json` holds and `--json` prints. */
export interface BenchmarkResult {
  cflow: string;
  root: string;
  threads: number;
  /** All of them, in the order of the run. */
  categories: string[];
  /** Categories that choices were based on, if given; the others confirm them. */
  chosenOn: string[];
  /** Cells that were requested, and those without a result. */
  asked: number;
  failed: { category: string; variant: string; seed: number; error: string }[];
  variants: VariantSummary[];
  /** The first variant minus each of the others. */
  differences: VariantComparison[];
  /** For each category, what a detector chosen by the other categories gives there. */
  leaveOneOut: LeftOutChoice[];
  comparison?: { with: string; variants: VariantComparison[] };
  cells: CellResult[];
}

/**
 * From the command line to the figures of all cells.
 * @param peers what else is measured on the same images, after the detectors
 */
export async function runBenchmark(
  root: string,
  flags: BenchmarkFlags,
  peers: readonly Variant[] = [],
): Promise<void> {
  const threads = flags.threads ?? availableParallelism();
  // Hours later would be too late to report that there is nothing to compare with.
  const other = flags.compare === undefined ? undefined : await readRun(flags.compare);
  const { categories: wanted, missingMasks, chosenOn = [] } = flags;
  const files = new CellFiles(flags.output ?? `${basename(resolve(root))}.benchmark`);
  await checkWritable(files.folder);
  const variants = [...(await ownVariants(await withBackbones(flags))), ...peers];
  const categories = await findCategories(root, { wanted, missingMasks, limits: imageLimits(flags) });
  checkChosenOn(chosenOn, categories);
  if (!flags.quiet) for (const { report } of categories) noteDataSet(report);
  const cells = await planCells({ ...flags, categories, variants, threads });
  await files.open();

  const results: CellResult[] = [];
  const failed: BenchmarkResult['failed'] = [];
  await interruptible(async (signal) => {
    for (const [index, cell] of cells.entries()) {
      const stored = await files.read(cell);
      if (stored) {
        results.push(stored);
        // A run that was killed right after it had stored the result has left behind what it needed on its way.
        await files.clear(cell, flags.keepBundles ?? false);
        continue;
      }
      signal.throwIfAborted();
      const place = `${index + 1} of ${cells.length}: ${nameOf(cell)}`;
      const note = flags.quiet ? () => undefined : (text: string) => noteLine(printable(text));
      note(`${place}: training`);
      const lines = flags.verbose && !flags.quiet ? new LineProgress(noteLine, true) : undefined;
      try {
        const result = await cell.variant.measure({
          cell,
          files,
          device: flags.device,
          threads,
          signal,
          onEvent: (event) => {
            if (event.type === 'unreadable' && !lines) noteLine(printable(`${event.path}: ${event.reason}`));
            lines?.event(event);
          },
        });
        await files.write(result);
        await files.clear(cell, flags.keepBundles ?? false);
        results.push(result);
        note(`${place}: ${resultText(result)}`);
      } catch (error) {
        if (!isOfOneCell(error)) throw error;
        const { category, variant, seed } = cell;
        failed.push({ category: category.name, variant: variant.name, seed, error: error.message });
        noteLine(printable(`${place}: ${error.message}`));
      }
    }
  }).catch((error: unknown) => {
    throw isInterruption(error) ? withHint(error, results.length, cells.length) : error;
  });

  const result: BenchmarkResult = {
    cflow: packageVersion(),
    root: basename(resolve(root)),
    threads,
    categories: categories.map(({ name }) => name),
    chosenOn: [...chosenOn],
    asked: cells.length,
    failed,
    variants: summarize(results, chosenOn),
    differences: compareWithin(results),
    leaveOneOut: leaveOneOut(results),
    cells: results,
  };
  await files.writeSummary(result);
  if (other && results.length > 0) {
    // Only once the results of hours are on disk: the other run may have nothing in common with this one.
    result.comparison = { with: flags.compare as string, variants: compareRuns(results, other) };
    await files.writeSummary(result);
  }
  if (flags.json) printLine(JSON.stringify(result));
  else for (const line of resultLines(result, files, flags)) printLine(line);
  if (failed.length > 0) {
    throw new TrainingError(
      `${failed.length} of ${count(cells.length, 'cell')} failed, the first with: ${failed[0]?.error}; the same command tries them again`,
      { details: { failed } },
    );
  }
}

function resultLines(
  result: BenchmarkResult,
  { folder }: CellFiles,
  { format }: Pick<BenchmarkFlags, 'format'>,
): string[] {
  const { variants, differences, comparison, cells, categories, chosenOn } = result;
  if (cells.length === 0) return [];
  const table = tableFormat(format);
  const confirmedOn = categories.filter((name) => !chosenOn.includes(name));
  const notes = [
    chosenOn.length > 0
      ? `choices were made on ${chosenOn.join(', ')}, and are confirmed on ${confirmedOn.join(', ')}`
      : `categories: ${categories.join(', ')}`,
    ...NOTES,
    `written to ${join(folder, 'benchmark.json')}`,
  ].map(printable);
  return [
    ...summaryLines(variants, table),
    ...comparisonLines(differences, undefined, table),
    ...choiceLines(result.leaveOneOut, table),
    ...(comparison ? comparisonLines(comparison.variants, comparison.with, table) : []),
    '',
    ...(format === 'markdown' ? notes.map((note) => `- ${note}`) : notes),
  ];
}

/** @throws ConfigurationError where that leaves nothing to choose on, or nothing to confirm it on */
function checkChosenOn(chosenOn: readonly string[], categories: readonly Category[]): void {
  if (chosenOn.length === 0) return;
  const names = categories.map(({ name }) => name);
  const unknown = chosenOn.filter((name) => !names.includes(name));
  if (unknown.length === 0 && names.some((name) => !chosenOn.includes(name))) return;
  throw new ConfigurationError(
    unknown.length > 0
      ? `--chosen-on names ${unknown.join(', ')}, which this run does not have; it has ${names.join(', ')}`
      : `--chosen-on names all categories of the run, ${names.join(', ')}: leave out those that are to confirm the choices`,
    { details: { chosenOn, categories: names } },
  );
}

function nameOf({ category, variant, seed }: Cell): string {
  return `${category.name}, ${variant.name}, seed ${seed}`;
}

function resultText({ metrics, trainingSeconds }: CellResult): string {
  const { imageAuroc, pixelAuroc, aupro } = metrics;
  const time = trainingSeconds === null ? '' : `; trained in ${formatDuration(trainingSeconds)}`;
  return `AUROC ${formatFigure(imageAuroc)} of images, ${formatFigure(pixelAuroc)} of pixels, AUPRO ${formatFigure(aupro)}${time}`;
}

/**
 * Errors that say nothing about the other cells, which are still worth running. A full disk or a wrong option is not one of
 * them. A failed training may first be noticed by the device, as scores that are not numbers.
 */
function isOfOneCell(error: unknown): error is CflowError {
  return CflowError.isInstance(error) && ['training', 'data-set', 'image', 'device'].includes(error.code);
}

function withHint(error: CflowError, done: number, all: number): CflowError {
  return new CflowError(
    'interrupted',
    `stopped with ${done} of ${count(all, 'cell')} done; run the same command again to continue`,
    {
      retryable: true,
      details: error.details,
      cause: error,
    },
  );
}
