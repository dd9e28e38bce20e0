import { InferenceError } from '../inference-error.js';

const KILOBYTE = 1024;
/** Milliseconds that an image waits for memory before its request is told to come again. */
const PATIENCE_MS = 5000;

/** The part of a {@link PixelBudget} that threads share: kilobytes that all hold together, and that each of them holds. */
export interface PixelShare {
  most: number;
  total: Int32Array<SharedArrayBuffer>;
  own: Int32Array<SharedArrayBuffer>;
}

/**
 * The bytes of decoded images that all threads together may hold. A file of a few kilobytes may declare two hundred
 * megabytes of pixels, and each thread may have one.
 */
export class PixelBudget {
  readonly #most: number;
  readonly #total: Int32Array<SharedArrayBuffer> = counter();

  /** @param most Bytes */
  constructor(most: number) {
    this.#most = Math.floor(most / KILOBYTE);
  }

  /** Bytes that are held now. */
  get held(): number {
    return Atomics.load(this.#total, 0) * KILOBYTE;
  }

  /** For one thread. */
  share(): PixelShare {
    return { most: this.#most, total: this.#total, own: counter() };
  }
}

/**
 * Takes bytes, and waits while others hold too many; an image always fits when no other is held. It blocks the thread, which
 * has nothing else to do. A thread that already holds some gets more at once: two that waited for each other would do so for
 * ever.
 *
 * @throws InferenceError `queue-full` when there was no room for a while
 */
export function takePixels(
  { most, total, own }: PixelShare,
  bytes: number,
  patienceMs: number = PATIENCE_MS,
): void {
  const wanted = Math.ceil(bytes / KILOBYTE);
  const deadline = performance.now() + patienceMs;
  const holds = Atomics.load(own, 0) > 0;
  for (;;) {
    const now = Atomics.load(total, 0);
    if (holds || now === 0 || now + wanted <= most) {
      if (Atomics.compareExchange(total, 0, now, now + wanted) !== now) continue;
      Atomics.add(own, 0, wanted);
      return;
    }
    const left = deadline - performance.now();
    if (left > 0) Atomics.wait(total, 0, now, left);
    else throw noRoom();
  }
}

/** Bytes that a thread holds. */
export function heldPixels({ own }: PixelShare): number {
  return Atomics.load(own, 0) * KILOBYTE;
}

/** Gives back what a thread holds: by itself after each image, by others for one that is gone. */
export function releasePixels({ total, own }: PixelShare): void {
  const held = Atomics.exchange(own, 0, 0);
  if (held === 0) return;
  Atomics.sub(total, 0, held);
  Atomics.notify(total, 0);
}

function counter(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

function noRoom(): InferenceError {
  return new InferenceError(
    'queue-full',
    'the images that are being decoded take as much memory as they may; try again in a moment',
    { details: { retryAfterSeconds: 1 } },
  );
}
