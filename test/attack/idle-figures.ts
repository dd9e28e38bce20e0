import { setTimeout as sleep } from 'node:timers/promises';
import { Watcher } from './watch/watcher.js';

export interface IdleFigures {
  medianMs: number;
  longestMs: number;
}

const SECONDS = 3;

/** How this machine answers while nothing is attacked. */
export async function idleFigures(): Promise<IdleFigures> {
  const watcher = await Watcher.start();
  try {
    watcher.begin(watcher.control, process.pid);
    await sleep(1000 * SECONDS);
    const { control } = await watcher.end();
    return { medianMs: control.median, longestMs: control.longestSilence };
  } finally {
    watcher.close();
  }
}
