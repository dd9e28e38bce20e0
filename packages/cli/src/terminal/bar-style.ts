import type { Options } from 'cli-progress';

/** How every progress bar of the command looks and behaves; the format is each bar's own. */
export const BAR_STYLE: Options & { stream: NodeJS.WriteStream } = {
  stream: process.stderr,
  barsize: 24,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  hideCursor: true,
  gracefulExit: false,
  clearOnComplete: true,
  linewrap: false,
};
