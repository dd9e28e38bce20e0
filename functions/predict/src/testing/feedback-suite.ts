import { feedbackSchema, type PredictResponse } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { describe, expect, it } from 'vitest';
import { image, predictions, refused, WOOD } from './predict-answers.js';
import { jsonBody, type TestService, testPng } from './test-service.js';

export function feedbackSuite(get: () => TestService): void {
  describe('feedback and drift', () => {
    it('believes the ids of its own predictions, and keeps what is said of them', async () => {
      const { app, versions } = get();
      const service = app();
      const [prediction] = await predictions(await service.request(WOOD, image(await testPng(9))));
      const { id, score } = prediction as PredictResponse['predictions'][number];
      const response = await service.request(
        `/v1/predictions/${id}/feedback`,
        jsonBody({ label: 'bad', note: 'a scratch' }),
      );
      expect(response.status).toBe(201);
      const kept = feedbackSchema.parse(await response.json());
      expect(kept).toMatchObject({
        name: 'wood',
        version: versions.latest,
        score,
        label: 'bad',
        note: 'a scratch',
      });
      const listed = await service.request('/v1/detectors/wood/feedback?version=latest&limit=5');
      expect(await listed.json()).toEqual({ feedback: [kept], next: null });
      const old = await service.request('/v1/detectors/wood/feedback?version=stable');
      expect(await old.json()).toEqual({ feedback: [], next: null });
      await refused(await service.request('/v1/detectors/nothing/feedback'), 404, 'not-found');
      await refused(
        await service.request(`/v1/predictions/${id}x/feedback`, jsonBody({ label: 'bad' })),
        404,
        'not-found',
      );
      await refused(
        await service.request(`/v1/predictions/${id}/feedback`, jsonBody({ label: 'fine' })),
        400,
        'invalid-request',
      );
      await refused(
        await service.request(`/v1/predictions/${id}/feedback`, { method: 'POST', body: 'x' }),
        415,
        'unsupported-media-type',
      );
      const long = jsonBody({ label: 'bad', note: 'x'.repeat(2 ** 20) });
      await refused(await service.request(`/v1/predictions/${id}/feedback`, long), 413, 'payload-too-large');
    });

    it('tells scores like those of calibration from others', async () => {
      const { app } = get();
      const service = app();
      const drift = async () => {
        const response = await service.request('/v1/detectors/wood/drift');
        expect(response.status).toBe(200);
        return (await response.json()) as { samples: number; pValue: number | null; since: string | null };
      };
      expect(await drift()).toMatchObject({ samples: 0, pValue: null, since: null });
      // The bundle was calibrated on pictures of this kind; a flat one is of another.
      const post = async (files: Uint8Array<ArrayBuffer>[]) => {
        const form = new FormData();
        for (const file of files) form.append('image', new Blob([file]), 'a.png');
        await predictions(await service.request(`${WOOD}?regions=false`, { method: 'POST', body: form }));
      };
      await post(await Promise.all(Array.from({ length: 12 }, (_, i) => testPng(100 + i, 64, 64))));
      const good = await drift();
      expect(good.samples).toBe(12);
      expect(good.pValue).toBeGreaterThan(0.05);
      const flat = await encodePng({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(255) });
      await post(Array.from({ length: 60 }, () => new Uint8Array(flat)));
      const after = await drift();
      expect(after.samples).toBe(72);
      expect(after.pValue).toBeLessThan(0.01);
      await refused(await service.request('/v1/detectors/nothing/drift'), 404, 'not-found');
    });
  });
}
