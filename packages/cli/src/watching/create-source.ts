import {
  FilmSource,
  FolderSource,
  findFfmpeg,
  type Journal,
  type Source,
  StreamSource,
  TriggeredSource,
  type VideoInput,
} from '@cflow/line';
import { ConfigurationError } from '@cflow/spec';
import { noteLine } from '../terminal/output.js';
import { printable } from '../terminal/printable.js';
import { createTrigger } from './create-trigger.js';
import type { WatchFlags } from './watch-flags.js';
import type { WatchEvent } from './watch-printer.js';

/** What frames come from: a folder, a film, a stream. @throws ConfigurationError when it is not there, or ffmpeg is not */
export async function createSource(
  path: string,
  video: VideoInput | undefined,
  flags: WatchFlags,
  { journal, onEvent }: { journal: Journal; onEvent: (event: WatchEvent) => void },
): Promise<Source> {
  const { settle: settleMs, once, fps, trigger } = flags;
  if (trigger !== undefined && video?.kind !== 'stream') {
    throw new ConfigurationError(
      `--trigger is for streams and cameras: of "${path}" every image is taken; leave it out`,
    );
  }
  const { lastNumber, taken } = journal;
  if (!video) return FolderSource.open({ path, taken, lastNumber, settleMs, once, onEvent });
  // Rather than after the detector is loaded.
  findFfmpeg();
  if (video.kind === 'film') return new FilmSource({ input: video, lastNumber, fps });
  const source = new StreamSource({ input: video, lastNumber, fps, onEvent });
  if (trigger === undefined) return source;
  const note = (line: string): void => noteLine(printable(line));
  return new TriggeredSource({ source, trigger: await createTrigger(trigger, { env: process.env, note }) });
}
