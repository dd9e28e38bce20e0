import { fstatSync, write, writeSync } from 'node:fs';
import { LineSink, type LineSinkOptions } from './line-sink.js';

export interface StandardOutput {
  write(line: string): void;
  /** Lines that were dropped so far. */
  readonly dropped: number;
  /** Writes what can be written within that time, and lets go of the process. */
  close(milliseconds: number): Promise<void>;
}

/**
 * Lines for stdout (1) or stderr (2) of a process that goes on whatever becomes of them: a disk that is full, a reader that
 * has stopped or gone. What is left when the process ends is written then, as far as that needs no waiting.
 */
export function standardOutput(
  descriptor: 1 | 2,
  options: Omit<LineSinkOptions, 'write'> = {},
): StandardOutput {
  const isPipe = isPipeOrSocket(descriptor);
  // For good: a write that waits for its reader may fail long after.
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.listeners('error').includes(nothing)) stream.on('error', nothing);
  }
  const sink = new LineSink({ ...options, write: isPipe ? writeStream(descriptor) : writeFile(descriptor) });
  const last = (): void => {
    try {
      // Pipes do not block here: Node has made them so when their stream was opened.
      writeSync(descriptor, sink.take());
    } catch {}
  };
  process.on('exit', last);
  return {
    write: (line) => sink.write(line),
    get dropped() {
      return sink.dropped;
    },
    async close(milliseconds) {
      await sink.flush(milliseconds);
      last();
      process.off('exit', last);
    },
  };
}

const nothing = (): void => {};

/** A pipe that nobody reads would hold one of the few threads that write files, and the end of the process with it. */
function writeStream(descriptor: 1 | 2): LineSinkOptions['write'] {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return (bytes, done) => {
    stream.write(bytes, (error) => done(error ?? null, error ? 0 : bytes.length));
  };
}

function writeFile(descriptor: number): LineSinkOptions['write'] {
  return (bytes, done) => write(descriptor, bytes, (error, written) => done(error, error ? 0 : written));
}

function isPipeOrSocket(descriptor: number): boolean {
  try {
    const found = fstatSync(descriptor);
    return found.isFIFO() || found.isSocket();
  } catch {
    return false;
  }
}
