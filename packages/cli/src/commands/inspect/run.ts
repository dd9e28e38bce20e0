import { dataSetLines } from '@cflow/images';
import { examineDataSet, openDataSet } from '@cflow/images/node';
import { EXIT } from '../../exit-code.js';
import { interruptible } from '../../interruptible.js';
import { withArchive } from '../../open-archive.js';
import { dataSetOptions, dataSetSource } from '../../options/data-set-options.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import type { InspectFlags } from './flags.js';

/** From the command line to a report on how a data set is understood. */
export async function runInspect(paths: readonly string[], flags: InspectFlags): Promise<void> {
  await withArchive(paths, (read, bounds) => inspect(read, flags, bounds));
}

/** @param bounds of an archive: no path in it leads out of its folder */
async function inspect(
  paths: readonly string[],
  flags: InspectFlags,
  bounds: { within?: string },
): Promise<void> {
  const { report } = await interruptible(async (signal) => {
    const dataSet = await openDataSet(dataSetSource(paths, flags), {
      ...dataSetOptions(flags),
      ...bounds,
      ...(flags.seed !== undefined && { seed: flags.seed }),
      signal,
    });
    return examineDataSet(dataSet, { signal, limits: imageLimits(flags) });
  });
  if (flags.json) printLine(JSON.stringify(report));
  else for (const line of dataSetLines(report)) printLine(printable(line));
  if (report.findings.some(({ severity }) => severity === 'problem')) process.exitCode = EXIT.error;
}
