import {
  FilmSource,
  FolderSource,
  findFfmpeg,
  type Journal,
  PostedSource,
  type Source,
  StreamSource,
  TriggeredSource,
  type VideoInput,
} from '@cflow/line';
import { ConfigurationError } from '@cflow/spec';
import { noteLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { createTrigger } from './create-trigger.js';
import type { WatchFlags } from './flags.js';
import type { WatchEvent } from './watch-printer.js';

/** Where frames come from: a folder, a film, a stream. @throws ConfigurationError when it is not there, or ffmpeg is not */
export async function createSource(
  path: string,
  video: VideoInput | undefined,
  flags: WatchFlags,
  { journal, onEvent }: { journal: Journal; onEvent: (event: WatchEvent) => void },
): Promise<Source> {
  const { settle: settleMs, once, fps, trigger } = flags;
  const posted = postedPlace(path);
  if (trigger !== undefined && video?.kind !== 'stream') {
    throw new ConfigurationError(
      `--trigger is for streams and cameras: of "${path}" every image is taken; leave it out`,
    );
  }
  const { lastNumber, taken } = journal;
  if (posted) {
    if (once) throw new ConfigurationError(`--once: "${path}" has no end; leave it out`);
    const key = process.env.CFLOW_POST_KEY || undefined;
    const source = await PostedSource.open({ ...posted, key, lastNumber });
    noteLine(printable(`source: POST ${source.url}`));
    return source;
  }
  if (!video) return FolderSource.open({ path, taken, lastNumber, settleMs, once, onEvent });
  // Better now than after the detector is loaded.
  findFfmpeg();
  if (video.kind === 'film') return new FilmSource({ input: video, lastNumber, fps });
  const source = new StreamSource({ input: video, lastNumber, fps, onEvent });
  if (trigger === undefined) return source;
  const note = (line: string): void => noteLine(printable(line));
  return new TriggeredSource({ source, trigger: await createTrigger(trigger, { env: process.env, note }) });
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** Of `post:8091` or `post:0.0.0.0:8091`; undefined for another source. @throws ConfigurationError */
export function postedPlace(text: string): { host: string; port: number } | undefined {
  if (!/^post:/i.test(text)) return undefined;
  const [, named = '127.0.0.1', port = ''] =
    /^post:(?:([\w.-]{1,253}|\[[0-9a-f:]{2,45}\]):)?(\d{1,5})$/i.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535)
    throw new ConfigurationError(
      `source "${text}": expected post:8091, or post:0.0.0.0:8091 for other machines`,
    );
  const host = named.replace(/[[\]]/g, '');
  const key = process.env.CFLOW_POST_KEY;
  if (!LOOPBACK.has(host) && (key === undefined || key.length < 24))
    throw new ConfigurationError(
      `source "${text}": on ${host} others can reach it: set CFLOW_POST_KEY to a key of at least 24 characters, which posts then bring`,
    );
  return { host, port: Number(port) };
}
