import { ConflictError, type Feedback, type FeedbackInput } from '@cflow/sdk';
import { ReviewClient } from '@cflow/sdk/review';
import type { Client } from './client.js';
import { sdkOptions } from './sdk-options.js';

/** Milliseconds for which it is remembered that a detector keeps no images. */
const REMEMBERED_MS = 20_000;

/** Tells the service what people say about pictures, and sends it the pictures where their owner wants them kept. */
export class Marks {
  readonly #client: Client;
  readonly #review: ReviewClient;
  /** Detectors that keep no images, and since when that is known. */
  readonly #keepsNone = new Map<string, number>();

  constructor(client: Client) {
    this.#client = client;
    this.#review = new ReviewClient(sdkOptions(client));
  }

  /** Whether a detector keeps pictures may have changed. */
  forget(name: string): void {
    this.#keepsNone.delete(name);
  }

  /** @returns Whether the picture is kept. */
  async mark(
    { id, name }: { id: string; name: string },
    said: FeedbackInput,
    picture?: Blob,
  ): Promise<boolean> {
    const known = Date.now() - (this.#keepsNone.get(name) ?? 0) < REMEMBERED_MS;
    const image = known ? undefined : picture;
    try {
      await this.#review.mark(id, { ...said, image });
      return image !== undefined;
    } catch (error) {
      // The mark has been saved by then.
      if (!(image && error instanceof ConflictError)) throw error;
      this.#keepsNone.set(name, Date.now());
      return false;
    }
  }

  /** The service's own prediction for a picture that this page has scored: a mark needs one. */
  async predictionOf({ name, version }: { name: string; version: string }, image: Blob): Promise<string> {
    const detector = this.#client.service.detector(`${name}@${version}`);
    return (await detector.predict(image, { regions: false })).id as string;
  }

  image({ prediction }: Feedback, signal?: AbortSignal): PromiseLike<Blob> {
    return this.#review.image(prediction, { signal });
  }

  async delete({ prediction }: Feedback): Promise<void> {
    await this.#review.delete(prediction);
  }

  all(name: string): AsyncIterable<Feedback> {
    return this.#client.service.detectors.feedback(name, { limit: 200 });
  }

  export(name: string, format: 'csv' | 'zip'): PromiseLike<Blob> {
    return this.#review.export(name, format);
  }
}
