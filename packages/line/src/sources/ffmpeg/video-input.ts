import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { ConfigurationError } from '@cflow/spec';

/** Something that ffmpeg makes frames of. */
export interface VideoInput {
  /** Without user and password. */
  name: string;
  /** What names of frames begin with. */
  stem: string;
  /** A film waits for who takes its frames, and ends; a stream does neither. */
  kind: 'film' | 'stream';
  /** What ffmpeg is told to read. */
  args: readonly string[];
}

const FILMS = new Set([
  ...[
    'mp4',
    'm4v',
    'mov',
    'mkv',
    'webm',
    'avi',
    'mpg',
    'mpeg',
    'ts',
    'm2ts',
    'mts',
    'wmv',
    'flv',
    'ogv',
    '3gp',
  ],
]);
const CONTAINERS = 'mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,asf,flv,ogg,h264,hevc';
const NETWORK_MICROSECONDS = '10000000';

/** Whether a file is a film by its name. */
export function isFilmName(path: string): boolean {
  return FILMS.has(/\.([a-z0-9]{1,5})$/i.exec(path)?.[1]?.toLowerCase() ?? '');
}

/**
 * What a source is that is no folder: a film, `rtsp://…`, `http://…` (MJPEG) or `v4l2:/dev/video0`. Undefined for what may be a
 * folder.
 *
 * @throws ConfigurationError for an address of another kind, and a film or camera that is not there
 */
export function videoInput(text: string): VideoInput | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):(?!\\)/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'v4l2') return camera(text.slice(5));
  // Nothing but the network that was named: a playlist from there must not name files here.
  if (scheme === 'rtsp' || scheme === 'rtsps') {
    const rest = ['-protocol_whitelist', 'rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto', '-rtsp_transport', 'tcp'];
    return stream(text, [...rest, '-timeout', NETWORK_MICROSECONDS]);
  }
  if (scheme === 'http' || scheme === 'https') {
    const rest = [
      '-protocol_whitelist',
      'http,https,tcp,tls,httpproxy',
      '-format_whitelist',
      'mpjpeg,mjpeg,mpegts',
    ];
    return stream(text, [...rest, '-rw_timeout', NETWORK_MICROSECONDS]);
  }
  const isThere = existsSync(text);
  if (scheme !== undefined && !isThere) {
    throw new ConfigurationError(
      `source "${text}": expected a folder, a film, rtsp://…, http://… or v4l2:/dev/video0; there is no kind "${scheme}"`,
    );
  }
  if (!isFilmName(text) || (isThere && statSync(text).isDirectory())) return undefined;
  if (!isThere)
    throw new ConfigurationError(`expected a film, got "${text}", which is not there; name another`);
  const path = resolve(text);
  return {
    name: text,
    stem: basename(path).replace(/\.[^.]*$/, ''),
    kind: 'film',
    // No playlists: those name other files.
    args: ['-protocol_whitelist', 'file', '-format_whitelist', CONTAINERS, '-i', `file:${path}`],
  };
}

function stream(text: string, options: readonly string[]): VideoInput {
  if (!URL.canParse(text) || new URL(text).host === '')
    throw new ConfigurationError(
      `source "${text}": expected a complete address, such as rtsp://camera:554/stream`,
    );
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return { name: url.href, stem: url.hostname, kind: 'stream', args: [...options, '-i', text] };
}

function camera(device: string): VideoInput {
  if (!/^\/dev(?:\/[\w-][\w.:-]*)+$/.test(device) || !existsSync(device)) {
    throw new ConfigurationError(
      `expected a camera such as v4l2:/dev/video0, got "${device}", which is not there; plug it in, or name another (v4l2-ctl --list-devices)`,
    );
  }
  return {
    name: `v4l2:${device}`,
    stem: basename(device),
    kind: 'stream',
    args: ['-f', 'v4l2', '-i', device],
  };
}
