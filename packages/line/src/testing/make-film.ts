import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RgbImage } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { findFfmpeg } from '../sources/ffmpeg/find-ffmpeg.js';

/** Why there is no ffmpeg to test with; undefined where there is one. */
export const missingFfmpeg: string | undefined = (() => {
  try {
    findFfmpeg();
    return undefined;
  } catch {
    return '(ffmpeg is not installed: apt-get install ffmpeg)';
  }
})();

/** A part of a film: a picture, or the file of one, for a number of frames. */
export interface Scene {
  picture: RgbImage | string;
  frames: number;
}

/** Makes a film of scenes, 30 frames per second, whose frames are the pictures but for rounding of colors. */
export async function makeFilm(folder: string, name: string, scenes: readonly Scene[]): Promise<string> {
  const inputs: string[] = [];
  for (const [i, { picture, frames }] of scenes.entries()) {
    let path = picture;
    if (typeof path !== 'string') {
      path = join(folder, `${name}-${i}.png`);
      await writeFile(path, await encodePng(picture as RgbImage));
    }
    inputs.push('-loop', '1', '-framerate', '30', '-t', (frames / 30).toFixed(6), '-i', path);
  }
  const film = join(folder, name);
  const graph = `concat=n=${scenes.length}`;
  const codec = name.endsWith('.mkv')
    ? ['-c:v', 'ffv1']
    : ['-c:v', 'libx264', '-qp', '0', '-pix_fmt', 'yuv444p'];
  await promisify(execFile)(findFfmpeg(), [
    ...['-nostdin', '-loglevel', 'error', '-y', ...inputs],
    ...['-filter_complex', graph, '-r', '30', ...codec, film],
  ]);
  return film;
}
