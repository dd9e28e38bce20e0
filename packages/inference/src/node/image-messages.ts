import type { ImageLimits } from '@cflow/images/node';
import type { FinishedImage, FinishTask, PreparedImage, PrepareTask } from '../images/image-work.js';
import type { ErrorMessage } from './error-message.js';
import type { PixelShare } from './pixel-budget.js';

export interface ImageThreadSettings {
  limits: Pick<ImageLimits, 'pixels' | 'bytes'>;
  /** What it may hold of decoded images. */
  pixels: PixelShare;
}

export type ImageCall = { kind: 'prepare'; task: PrepareTask } | { kind: 'finish'; task: FinishTask };

/** One at a time: a thread gets the next call when it has answered. */
export type ImageAnswer =
  | { ok: true; value: PreparedImage | FinishedImage }
  | { ok: false; error: ErrorMessage };

/** The buffers of arrays in a message that can change hands, each once. */
export function buffersIn(value: unknown, found: Set<ArrayBuffer> = new Set()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    // A part of a larger buffer is copied, and the copy transferred.
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength) {
      if (value.byteLength > 0) found.add(value.buffer);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) buffersIn(part, found);
  }
  return [...found];
}
