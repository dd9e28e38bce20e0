import { rangeOfGreatest } from '@cflow/images';
import { greatestSample } from '@cflow/images/portable';
import type { SampleRange } from '@cflow/spec';
import type { ImageMessage } from '../protocol.js';
import { bytesOf, decodersOf, type LoadJpeg } from './decode-message.js';

/**
 * What the samples of images of 16 bits lie between, by the greatest of all: of a camera of 12 bits, 0 to 4095. Undefined where that
 * is full scale, or all have 8 bits. What cannot be read is said when it is decoded to be trained on.
 */
export async function foundRange(
  messages: readonly ImageMessage[],
  signal: AbortSignal,
  loadJpeg: LoadJpeg,
): Promise<SampleRange | undefined> {
  let greatest = 0;
  for (const message of messages) {
    signal.throwIfAborted();
    if (!('file' in message)) continue;
    const found = await greatestSample(await bytesOf(message.file), decodersOf(loadJpeg)).catch(() => 0);
    greatest = Math.max(greatest, found ?? 0);
  }
  return rangeOfGreatest(greatest);
}
