import {
  FilmSource,
  FolderSource,
  findFfmpeg,
  type Journal,
  type Source,
  StreamSource,
  type VideoInput,
} from '@cflow/line';
import type { WatchFlags } from './watch-flags.js';
import type { WatchEvent } from './watch-printer.js';

/** What frames come from: a folder, a film, a stream. @throws ConfigurationError when it is not there, or ffmpeg is not */
export async function createSource(
  path: string,
  video: VideoInput | undefined,
  flags: WatchFlags,
  { journal, onEvent }: { journal: Journal; onEvent: (event: WatchEvent) => void },
): Promise<Source> {
  const { settle: settleMs, once, fps } = flags;
  const { lastNumber, taken } = journal;
  if (!video) return FolderSource.open({ path, taken, lastNumber, settleMs, once, onEvent });
  // Rather than after the detector is loaded.
  findFfmpeg();
  if (video.kind === 'film') return new FilmSource({ input: video, lastNumber, fps });
  return new StreamSource({ input: video, lastNumber, fps, onEvent });
}
