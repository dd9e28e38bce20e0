import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { CflowError, type RgbImage } from '@cflow/spec';
import { findFfmpeg } from './find-ffmpeg.js';
import { ppmStream } from './ppm-stream.js';
import type { VideoInput } from './video-input.js';

const MOST_STDERR = 4000;

/** One decoded frame. */
export interface VideoFrame {
  image: RgbImage;
  /** From the beginning, as the film says it. */
  seconds: number;
}

export interface VideoFramesOptions {
  /** Frames per second that are given; every frame without. */
  fps?: number | undefined;
  signal: AbortSignal;
}

/**
 * The frames of a film or stream, as raw pixels over a pipe: nothing is encoded again. ffmpeg waits while nobody asks. Ends with
 * the film.
 *
 * @throws ConfigurationError without ffmpeg, ImageError or CflowError (`unavailable`, retryable) with what ffmpeg says when it
 * cannot read it, the signal's reason
 */
export async function* videoFrames(
  input: VideoInput,
  { fps, signal }: VideoFramesOptions,
): AsyncGenerator<VideoFrame, void, undefined> {
  signal.throwIfAborted();
  // The time of each frame comes on a pipe of its own: raw pixels have no room for it.
  const times = 'metadata=mode=add:key=cflow:value=1,metadata=mode=print:direct=1:file=pipe\\\\:3';
  const filters = fps === undefined ? times : `fps=${fps},${times}`;
  const child = spawn(
    findFfmpeg(),
    [
      ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '2', ...input.args],
      ...['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', filters, '-fps_mode', 'passthrough'],
      ...['-pix_fmt', 'rgb24', '-c:v', 'ppm', '-f', 'image2pipe', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
  ) as unknown as ChildProcessByStdio<null, Readable, Readable>;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_STDERR);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  const seconds = timesOf(child.stdio[3] as Readable);
  let frames = 0;
  try {
    for await (const image of ppmStream(child.stdout)) {
      const { value } = await seconds.next();
      frames++;
      yield { image, seconds: value ?? 0 };
    }
    const code = await ended;
    signal.throwIfAborted();
    if (code === 0 && frames > 0) return;
    throw unreadable(input, said, frames);
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

async function* timesOf(stream: Readable): AsyncGenerator<number, void, undefined> {
  for await (const line of createInterface({ input: stream })) {
    const time = /pts_time:(-?[\d.]+)/.exec(line)?.[1];
    if (time !== undefined) yield Number(time);
  }
}

function unreadable(input: VideoInput, said: string, frames: number): CflowError {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  // Addresses come back in what it says, with their passwords.
  const [first = 'it gave no frame', last = first] = [lines[0], lines.at(-1)];
  const reasons = [...new Set([first, last])].map((line) => line.replace(/^\[[^\]]*\] /, '').trim());
  const reason = reasons.join('; ').replace(/\/\/[^/@\s]*@/g, '//');
  const after = frames > 0 ? ` after ${frames} frames` : '';
  return new CflowError(
    input.kind === 'film' ? 'image' : 'unavailable',
    `${input.name}: ffmpeg cannot read it${after}: ${reason}; see that it plays, and in which codec`,
    { retryable: input.kind === 'stream' },
  );
}
