import { readImages } from '@cflow/images/node';
import type { FolderRun } from './prepare-folder-run.js';
import type { AskedTraining } from './train-detector-options.js';

/**
 * Stops a strict run at an image that cannot be read before anything is computed: one of the test would be met after all of it. Those that
 * are known not to be come first; the other good ones are decoded next anyway.
 * @throws ImageError of the first one, or the signal's reason
 */
export async function checkReadable(
  { run, report, selection, items }: FolderRun,
  { strict = false, evaluate = true, limits, signal }: AskedTraining,
): Promise<void> {
  if (!strict) return;
  const names = new Set(report.findings.find(({ kind }) => kind === 'unreadable')?.names);
  const known = items.filter(({ name }) => names.has(name));
  const { range, outOfRange, inputSize: regionGrid } = run.configuration;
  const options = {
    onBad: 'stop',
    range,
    outOfRange,
    regionGrid,
    signal,
    ...(limits && { limits }),
  } as const;
  for await (const image of readImages([...known, ...(evaluate ? selection.test : [])], options)) void image;
}
