import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ConfigurationError } from '@cflow/spec';

/** The program `ffmpeg`: CFLOW_FFMPEG, else that in PATH. @throws ConfigurationError when there is none */
export function findFfmpeg(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = env.CFLOW_FFMPEG;
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const places = named
    ? [named]
    : (env.PATH ?? '')
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => join(folder, name));
  const found = places.find(isProgram);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    named
      ? `CFLOW_FFMPEG: expected the program ffmpeg, got "${named}", which cannot be run; correct it, or take it away to look in PATH`
      : 'films, streams and cameras need the program ffmpeg, and it is not in PATH; install it (Debian: apt install ffmpeg), or set CFLOW_FFMPEG',
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
