import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { CflowError, TrainingError } from '@cflow/spec';
import type { BenchmarkFlags } from '../commands/benchmark.js';
import { interruptible, isInterruption } from '../interruptible.js';
import { packageVersion } from '../package-version.js';
import { count, formatDuration, formatFigure } from '../terminal/format.js';
import { noteDataSet } from '../terminal/note-data-set.js';
import { noteLine, printLine } from '../terminal/output.js';
import { printable } from '../terminal/printable.js';
import { LineProgress } from '../training/line-progress.js';
import { comparisonLines, FALSE_ALARM_NOTE, summaryLines } from './benchmark-lines.js';
import { findCategories } from './categories.js';
import type { Cell, CellResult } from './cell.js';
import { CellFiles } from './cell-files.js';
import { compareRuns, readRun, type VariantComparison } from './compare.js';
import { planCells } from './plan-cells.js';
import { runCell } from './run-cell.js';
import { summarize, type VariantSummary } from './summarize.js';

/** What `benchmark.json` holds and `--json` prints. */
export interface BenchmarkResult {
  cflow: string;
  root: string;
  threads: number;
  /** Cells that were asked for, and those that there is no result of. */
  asked: number;
  failed: { category: string; backbone: string; preset: string; seed: number; error: string }[];
  variants: VariantSummary[];
  comparison?: { with: string; variants: VariantComparison[] };
  cells: CellResult[];
}

/** From the command line to the figures of all cells. */
export async function runBenchmark(root: string, flags: BenchmarkFlags): Promise<void> {
  const threads = flags.threads ?? availableParallelism();
  // Hours later would be too late to say that there is nothing to compare with.
  const other = flags.compare === undefined ? undefined : await readRun(flags.compare);
  const { categories: wanted, missingMasks } = flags;
  const categories = await findCategories(root, { wanted, missingMasks });
  if (!flags.quiet) for (const { report } of categories) noteDataSet(report);
  const cells = await planCells(categories, flags, threads);
  const files = new CellFiles(flags.output ?? `${basename(resolve(root))}.benchmark`);
  await files.open();

  const results: CellResult[] = [];
  const failed: BenchmarkResult['failed'] = [];
  await interruptible(async (signal) => {
    for (const [index, cell] of cells.entries()) {
      const stored = await files.read(cell);
      if (stored) {
        results.push(stored);
        // A run that was killed right after it had stored the result has left what it needed on its way.
        await files.clear(cell, flags.keepBundles ?? false);
        continue;
      }
      signal.throwIfAborted();
      const place = `${index + 1} of ${cells.length}: ${nameOf(cell)}`;
      const note = flags.quiet ? () => undefined : (text: string) => noteLine(printable(text));
      note(`${place}: training`);
      const lines = flags.verbose && !flags.quiet ? new LineProgress(noteLine, true) : undefined;
      try {
        const result = await runCell({
          cell,
          files,
          flags,
          threads,
          signal,
          onEvent: (event) => {
            if (event.type === 'unreadable' && !lines) noteLine(printable(`${event.path}: ${event.reason}`));
            lines?.event(event);
          },
        });
        results.push(result);
        note(`${place}: ${resultText(result)}`);
      } catch (error) {
        if (!isOfOneCell(error)) throw error;
        const { category, variant, seed } = cell;
        const { backbone, preset } = variant;
        failed.push({ category: category.name, backbone, preset, seed, error: error.message });
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
    asked: cells.length,
    failed,
    variants: summarize(results),
    cells: results,
  };
  await files.writeSummary(result);
  if (other && results.length > 0) {
    // After what took hours is on disk: another run may have nothing in common with this one.
    result.comparison = { with: flags.compare as string, variants: compareRuns(results, other) };
    await files.writeSummary(result);
  }
  if (flags.json) printLine(JSON.stringify(result));
  else for (const line of resultLines(result, files)) printLine(line);
  if (failed.length > 0) {
    throw new TrainingError(
      `${failed.length} of ${count(cells.length, 'cell')} failed, the first with: ${failed[0]?.error}; the same command tries them again`,
      { details: { failed } },
    );
  }
}

function resultLines({ variants, comparison, cells }: BenchmarkResult, files: CellFiles): string[] {
  if (cells.length === 0) return [];
  return [
    ...summaryLines(variants),
    ...(comparison ? comparisonLines(comparison.variants, comparison.with) : []),
    '',
    FALSE_ALARM_NOTE,
    printable(`written to ${join(files.folder, 'benchmark.json')}`),
  ];
}

function nameOf({ category, variant, seed }: Cell): string {
  return `${category.name}, ${variant.backbone}, ${variant.preset}, seed ${seed}`;
}

function resultText({ metrics, trainingSeconds }: CellResult): string {
  const { imageAuroc, pixelAuroc, aupro } = metrics;
  const time = trainingSeconds === null ? '' : `; trained in ${formatDuration(trainingSeconds)}`;
  return `AUROC ${formatFigure(imageAuroc)} of images, ${formatFigure(pixelAuroc)} of pixels, AUPRO ${formatFigure(aupro)}${time}`;
}

/**
 * What says nothing of the other cells: they are worth going on with. A full disk or a wrong option is not such. A
 * training that has come to nothing may be noticed first by the device, as scores that are no numbers.
 */
function isOfOneCell(error: unknown): error is CflowError {
  return CflowError.isInstance(error) && ['training', 'data-set', 'image', 'device'].includes(error.code);
}

function withHint(error: CflowError, done: number, all: number): CflowError {
  return new CflowError(
    'interrupted',
    `stopped with ${done} of ${count(all, 'cell')} done; the same command goes on`,
    {
      retryable: true,
      details: error.details,
      cause: error,
    },
  );
}
