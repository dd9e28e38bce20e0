import { basename, relative, resolve } from 'node:path';
import { adviceOf } from '@cflow/evaluation';
import { openDataSet } from '@cflow/images/node';
import { type BundleManifest, CflowError, type DataSet } from '@cflow/spec';
import { askedOfRun, checkTraining, trainDetector } from '@cflow/training/node';
import { interruptible, isInterruption } from '../../interruptible.js';
import { withArchive } from '../../open-archive.js';
import { dataSetOptions, dataSetSource } from '../../options/data-set-options.js';
import { withoutUndefined } from '../../options/detector-configuration.js';
import { noteLine, printLine } from '../../terminal/output.js';
import { showTraining } from '../../terminal/training/show-training.js';
import { flagsToKeep, withEarlierFlags } from './earlier-flags.js';
import type { TrainFlags } from './flags.js';
import { resumeCommand } from './resume-command.js';
import { RunRecord } from './run-record.js';
import { trainingOptions } from './training-options.js';
import { summaryLines } from './training-summary.js';

/** Of an archive: no path in it leads out of its folder. */
type Bounds = { within?: string };

/**
 * From the command line to a bundle, reporting what happens on the way.
 * @param given the flags that were typed: with `--resume` the others are those of the run that is continued
 */
export async function runTrain(
  paths: readonly string[],
  typed: TrainFlags,
  given: ReadonlySet<string>,
): Promise<void> {
  const flags = await knownFlags(typed, given);
  // Before an archive is unpacked and the data set opened, which may take long.
  if (flags) await checkFlags(flags);
  await withArchive(paths, (read, bounds) => train(read, bounds, flags ?? typed, given));
}

/** The flags of the run, those of an earlier one included; undefined where only the data set says which run is meant. */
async function knownFlags(typed: TrainFlags, given: ReadonlySet<string>): Promise<TrainFlags | undefined> {
  if (!typed.resume) return typed;
  if (typed.output === undefined) return undefined;
  return withEarlierFlags(typed, given, await askedOfRun(typed.output));
}

async function checkFlags(flags: TrainFlags): Promise<void> {
  const { name, output } = flags;
  await checkTraining({ ...trainingOptions(flags), ...withoutUndefined({ name, output }) });
}

async function train(
  paths: readonly string[],
  bounds: Bounds,
  typed: TrainFlags,
  given: ReadonlySet<string>,
): Promise<void> {
  const flags =
    typed.resume && typed.output === undefined
      ? withEarlierFlags(typed, given, await askedOfRun((await namesOf(paths, bounds, typed)).output))
      : typed;
  const options = trainingOptions(flags);
  const { dataSet, name, output } = await namesOf(paths, bounds, flags);
  const record = new RunRecord();
  const show = showTraining(flags);
  let manifest: BundleManifest;
  try {
    manifest = await interruptible((signal) =>
      trainDetector({
        ...options,
        asked: flagsToKeep(flags),
        dataSet,
        name,
        output,
        signal,
        onEvent: (event) => {
          record.take(event);
          // Last of all, as a program may stop reading there.
          if (event.type !== 'done') show.event(event);
        },
      }),
    );
  } catch (error) {
    show.close();
    if (!isInterruption(error)) throw error;
    throw withResumeHint(error, record);
  }
  if (flags.json)
    printLine(
      JSON.stringify({ type: 'advice', ...adviceOf({ ...manifest, largestPicture: record.largestPicture }) }),
    );
  if (record.done) show.event(record.done);
  show.close();
  if (flags.json) return;
  const bundle = relative(process.cwd(), resolve(output)) || '.';
  if (flags.quiet) printLine(bundle);
  else for (const line of summaryLines(manifest, record, bundle)) printLine(line);
  if (record.unreadable.length > 0 && flags.quiet) {
    noteLine(`${record.unreadable.length} images could not be read and were left out`);
  }
}

/** The data set, the name of its detector, and where the bundle is written. */
async function namesOf(
  paths: readonly string[],
  bounds: Bounds,
  flags: TrainFlags,
): Promise<{ dataSet: DataSet; name: string; output: string }> {
  const dataSet = await interruptible((signal) =>
    openDataSet(dataSetSource(paths, flags), {
      ...dataSetOptions(flags),
      ...bounds,
      ...(flags.seed !== undefined && { seed: flags.seed }),
      signal,
    }),
  );
  const name = flags.name ?? detectorName(dataSet);
  return { dataSet, name, output: flags.output ?? `${fileNameOf(name)}.cflow` };
}

/** A data set's name for people, without the other parts of a glob or path. */
function detectorName({ layout, name, root }: DataSet): string {
  const given =
    layout === 'glob' ? basename(root) : basename(name).replace(/\.(csv|tsv|jsonl|ndjson|manifest)$/i, '');
  return given.slice(0, 100) || 'detector';
}

/** A name as a file name on every system. */
function fileNameOf(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'detector';
}

function withResumeHint(error: CflowError, record: RunRecord): CflowError {
  const message = record.start
    ? `stopped; go on with: ${resumeCommand(process.argv.slice(2))}`
    : 'stopped before the training began';
  return new CflowError('interrupted', message, { retryable: true, details: error.details, cause: error });
}
