// Lines on stdout and stderr. A reader of stdout that has gone away, as `head` does, is not an error.

/** To be called once, before anything is written. */
export function ignoreBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** For a program that serves: it keeps running even when the disk of its output is full, or its terminal is gone. */
export function ignoreOutputErrors(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
}

/** Whether nobody reads stdout any more. */
export function isStdoutClosed(): boolean {
  return process.stdout.errored !== null;
}

/** A line of the result. */
export function printLine(line = ''): void {
  if (!isStdoutClosed()) process.stdout.write(`${line}\n`);
}

/** A line for the person at the terminal, who may have sent the result elsewhere. */
export function noteLine(line = ''): void {
  process.stderr.write(`${line}\n`);
}
