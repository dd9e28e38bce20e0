import { noteLine, printLine } from '../output.js';
import { BarProgress } from './bar-progress.js';
import type { TrainingView } from './event-text.js';
import { LineProgress } from './line-progress.js';

export interface ViewFlags {
  json?: true | undefined;
  quiet?: true | undefined;
  verbose?: true | undefined;
}

/** JSON lines on stdout, nothing, bars on a terminal, or plain lines on stderr. */
export function showTraining(flags: ViewFlags): TrainingView {
  if (flags.json) return { event: (event) => printLine(JSON.stringify(event)), close: () => undefined };
  if (flags.quiet) return { event: () => undefined, close: () => undefined };
  return process.stderr.isTTY
    ? new BarProgress(process.stderr, flags.verbose ?? false)
    : new LineProgress(noteLine, flags.verbose ?? false);
}
