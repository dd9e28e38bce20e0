import { ConfigurationError } from '@cflow/spec';
import { InferenceError } from '../inference-error.js';

/** Seconds over which the throughput is averaged. */
const MEMORY_SECONDS = 10;
const MOST_RETRY_SECONDS = 60;

/** Places for images: so many may wait or be scored at once, and the next one is refused at once. */
export class Admission {
  readonly capacity: number;
  readonly #now: () => number;
  #length = 0;
  #done = 0;
  /** Images per millisecond while there was something to do; undefined until something was done. */
  #throughput: number | undefined;
  #since = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(capacity: number, now: () => number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new ConfigurationError(`the capacity must be a whole number of images from 1, got ${capacity}`);
    }
    this.capacity = capacity;
    this.#now = now;
  }

  /** Images inside, how many there may be, and, when it is full, when a place may be free. */
  get status(): { length: number; capacity: number; retryAfterSeconds?: number } {
    const wanted = this.#length + 1 - this.capacity;
    return {
      length: this.#length,
      capacity: this.capacity,
      ...(wanted > 0 && { retryAfterSeconds: this.#retryAfterSeconds(wanted) }),
    };
  }

  /**
   * Takes places for images, all or none.
   * @throws InferenceError `queue-full`; ConfigurationError for more images than can ever be inside
   */
  enter(images: number): Ticket {
    if (images > this.capacity) {
      throw new ConfigurationError(
        `a request may have at most ${this.capacity} images here, got ${images}; send them in parts`,
        { details: { capacity: this.capacity, images } },
      );
    }
    if (this.#length + images > this.capacity) throw this.#full(images);
    if (this.#length === 0) this.#since = this.#now();
    this.#length += images;
    let left = images;
    return {
      leave: (count, scored) => {
        const leaving = Math.min(count, left);
        left -= leaving;
        this.#leave(leaving, scored);
      },
    };
  }

  #leave(images: number, scored: boolean): void {
    this.#length -= images;
    if (scored) this.#done += images;
    const now = this.#now();
    const elapsed = now - this.#since;
    // Measured in stretches, each weighed by its length; idle time does not count.
    if (elapsed < 250 && this.#length > 0) return;
    if (this.#done > 0 && elapsed > 0) {
      const rate = this.#done / elapsed;
      const weight = 1 - Math.exp(-elapsed / 1000 / MEMORY_SECONDS);
      this.#throughput =
        this.#throughput === undefined ? rate : this.#throughput + weight * (rate - this.#throughput);
      this.#done = 0;
      this.#since = now;
    }
  }

  /** Seconds until that many more places are free. */
  #retryAfterSeconds(places: number): number {
    const seconds = this.#throughput === undefined ? 1 : places / this.#throughput / 1000;
    return Math.max(1, Math.min(MOST_RETRY_SECONDS, Math.ceil(seconds)));
  }

  #full(images: number): InferenceError {
    const retryAfterSeconds = this.#retryAfterSeconds(this.#length + images - this.capacity);
    return new InferenceError(
      'queue-full',
      `the queue is full: ${this.#length} of ${this.capacity} images are waiting; try again in ${retryAfterSeconds} s`,
      { details: { retryAfterSeconds, length: this.#length, capacity: this.capacity } },
    );
  }
}

/** Places that a request has. */
export interface Ticket {
  /** Gives places back, but no more than are still taken. */
  leave(images: number, scored: boolean): void;
}
