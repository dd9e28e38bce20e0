import { missingFfmpeg } from '../../../packages/line/src/testing/make-film.js';
import { missingMosquitto } from '../../../packages/line/src/testing/mosquitto.js';
import { missingChromium } from '../../browser/chromium.js';
import type { FencedBlock } from './fenced-blocks.js';

/** Why a block cannot run on this machine: it needs a program that is not here. Undefined where it can. */
export function missingProgram({ language, text }: FencedBlock): string | undefined {
  if (language === 'html') return missingChromium;
  if (/^ffmpeg |predict .* film\.mp4/m.test(text)) return missingFfmpeg;
  if (/mosquitto|mqtt:/.test(text)) return missingMosquitto;
  return undefined;
}
