import type { DrawnRegions, Feedback, FeedbackLabel, PredictResponse } from '@cflow/spec';
import type { Client } from './client.js';
import { ServiceError } from './service-error.js';

/** What a person says of a picture. */
export interface Said {
  label: FeedbackLabel;
  note?: string | undefined;
  regions?: DrawnRegions | undefined;
}

/** Milliseconds for which it is believed that a detector keeps no images. */
const REMEMBERED_MS = 20_000;

/** Tells the service what people say of pictures, and gives it the pictures where their owner wants them kept. */
export class Marks {
  private readonly client: Client;
  /** Detectors that keep no images, and since when that is known. */
  private readonly keepsNone = new Map<string, number>();

  constructor(client: Client) {
    this.client = client;
  }

  /** Whether a detector keeps pictures may be another matter now. */
  forget(name: string): void {
    this.keepsNone.delete(name);
  }

  /** @returns Whether the picture is kept. */
  async mark(prediction: { id: string; name: string }, said: Said, image?: Blob): Promise<boolean> {
    const { id, name } = prediction;
    await this.client.request(`${pathOf(id)}/feedback`, { json: said });
    if (!image || Date.now() - (this.keepsNone.get(name) ?? 0) < REMEMBERED_MS) return false;
    try {
      await this.client.request(`${pathOf(id)}/image`, {
        method: 'PUT',
        body: image,
        headers: {
          'content-type': image.type.startsWith('image/') ? image.type : 'application/octet-stream',
        },
      });
      return true;
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 409)) throw error;
      this.keepsNone.set(name, Date.now());
      return false;
    }
  }

  /** The service's own prediction of a picture that this page has scored: what is said of it needs one. */
  async predictionOf(detector: { name: string; version: string }, image: Blob): Promise<string> {
    const { predictions } = await this.client.json<PredictResponse>(
      `v1/detectors/${detector.name}@${detector.version}/predict`,
      {
        body: image,
        query: { regions: false },
        headers: {
          'content-type': image.type.startsWith('image/') ? image.type : 'application/octet-stream',
        },
      },
    );
    return predictions[0]?.id as string;
  }

  async image({ prediction }: Feedback, signal?: AbortSignal): Promise<Blob> {
    const response = await this.client.request(`${pathOf(prediction)}/image`, { signal });
    return response.blob();
  }

  async delete({ prediction }: Feedback): Promise<void> {
    await this.client.request(`${pathOf(prediction)}/feedback`, { method: 'DELETE' });
  }

  async *all(name: string): AsyncGenerator<Feedback[]> {
    for (let after: string | null = ''; after !== null; ) {
      const page: { feedback: Feedback[]; next: string | null } = await this.client.json(
        `v1/detectors/${name}/feedback`,
        { query: { limit: 200, ...(after && { after }) } },
      );
      yield page.feedback;
      after = page.next;
    }
  }

  async export(name: string, format: 'csv' | 'zip'): Promise<Blob> {
    const response = await this.client.request(`v1/detectors/${name}/feedback/export`, { query: { format } });
    return response.blob();
  }
}

function pathOf(id: string): string {
  return `v1/predictions/${encodeURIComponent(id)}`;
}
