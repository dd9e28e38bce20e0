import { feedbackSchema, jobSchema } from '@cflow/spec';
import { unzipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import { image, predictions, refused, WOOD } from './predict-answers.js';
import { stalled, streamed } from './predict-suite.js';
import { jsonBody, type TestService, testPng } from './test-service.js';

const SETTINGS = '/v1/detectors/wood/settings';
const put = (body: object): RequestInit => ({ ...jsonBody(body), method: 'PUT' });
const file = (body: Uint8Array<ArrayBuffer>, type = 'image/png'): RequestInit => ({
  method: 'PUT',
  body,
  headers: { 'content-type': type },
});
const square = (from: number, to: number): [number, number][] => [
  [from, from],
  [to, from],
  [to, to],
  [from, to],
];

export function reviewSuite(get: () => TestService): void {
  const scored = async (png: Uint8Array<ArrayBuffer>) => {
    const [prediction] = await predictions(await get().app().request(WOOD, image(png)));
    return prediction as NonNullable<typeof prediction>;
  };

  describe('what people say of predictions', () => {
    afterEach(async () => {
      await get().app().request(SETTINGS, put({}));
    });

    it('keeps images where their owner wants it, gives them back, exports and deletes them', async () => {
      const service = get().app();
      const png = await testPng(31);
      const { id } = await scored(png);
      const path = `/v1/predictions/${id}`;
      expect((await service.request(`${path}/image`, file(png))).status).toBe(409);
      expect((await service.request(SETTINGS, put({ keepImageDays: 30 }))).status).toBe(200);
      await refused(await service.request(`${path}/image`, file(png)), 404, 'not-found');
      const regions = { width: 80, height: 60, outlines: [square(10, 20)] };
      await refused(
        await service.request(`${path}/feedback`, jsonBody({ label: 'good', regions })),
        400,
        'invalid-request',
      );
      const said = await service.request(`${path}/feedback`, jsonBody({ label: 'bad', regions }));
      expect(said.status).toBe(201);
      await refused(
        await service.request(`${path}/image`, file(png, 'text/plain')),
        415,
        'unsupported-media-type',
      );
      await refused(await service.request(`${path}/image`, file(new Uint8Array(9))), 422, 'image');
      const kept = await service.request(`${path}/image`, file(png));
      expect(feedbackSchema.parse(await kept.json())).toMatchObject({
        label: 'bad',
        regions,
        image: { bytes: png.length },
      });
      const read = await service.request(`${path}/image`);
      expect(new Uint8Array(await read.arrayBuffer())).toEqual(png);
      expect(read.headers.get('content-disposition')).toBe('attachment');

      const good = await scored(await testPng(32));
      await service.request(`/v1/predictions/${good.id}/feedback`, jsonBody({ label: 'good', note: '=1+1' }));
      await service.request(`/v1/predictions/${good.id}/image`, file(await testPng(32)));
      const unsure = await scored(await testPng(33));
      await service.request(`/v1/predictions/${unsure.id}/feedback`, jsonBody({ label: 'unsure' }));
      await service.request(`/v1/predictions/${unsure.id}/image`, file(await testPng(33)));

      const csv = await (await service.request('/v1/detectors/wood/feedback/export')).text();
      expect(csv.split('\r\n')[0]).toBe('prediction,version,score,label,note,by,predictedAt,createdAt,image');
      expect(csv).toContain(`${id},`);
      expect(csv).toContain(",good,'=1+1,");
      expect(csv).toContain(',unsure,');
      const zip = await service.request('/v1/detectors/wood/feedback/export?format=zip&version=latest');
      expect(zip.headers.get('content-type')).toBe('application/zip');
      const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
      const names = Object.keys(files).map((name) => name.replace(/[0-9a-f]{40}/, 'id'));
      expect(names.sort()).toEqual(['ground_truth/bad/id_mask.pgm', 'test/bad/id.png', 'train/good/id.png']);
      const mask = files[Object.keys(files).find((name) => name.endsWith('.pgm')) as string] as Uint8Array;
      expect(new TextDecoder().decode(mask.subarray(0, 13))).toBe('P5\n80 60\n255\n');
      expect(mask.subarray(13).filter((value) => value === 255)).toHaveLength(100);

      for (const each of [id, good.id, unsure.id]) {
        const deleted = await service.request(`/v1/predictions/${each}/feedback`, { method: 'DELETE' });
        expect(deleted.status).toBe(204);
      }
      await refused(await service.request(`${path}/image`), 404, 'not-found');
      const unknown = await service.request(`${path}x/feedback`, { method: 'DELETE' });
      await refused(unknown, 404, 'not-found');
      const forged = await service.request(`/v1/predictions/${id}x/image`);
      await refused(forged, 404, 'not-found');
      await refused(await service.request('/v1/detectors/nothing/feedback/export'), 404, 'not-found');
    });

    it('takes no regions on more pixels than a picture has, and gives few archives at a time', async () => {
      const service = get().app();
      await service.request(SETTINGS, put({ keepImageDays: 1 }));
      const png = await testPng(35);
      const { id } = await scored(png);
      const path = `/v1/predictions/${id}/feedback`;
      const drawn = (side: number) => ({ width: side, height: side, outlines: [square(10, 20)] });
      const large = await service.request(path, jsonBody({ label: 'bad', regions: drawn(65_535) }));
      await refused(large, 400, 'invalid-request');
      await refused(await service.request(SETTINGS, put({ ignore: drawn(65_535) })), 400, 'invalid-request');
      // Read by nobody yet, so that they stay: their mask takes a thousand pieces.
      expect((await service.request(path, jsonBody({ label: 'bad', regions: drawn(8192) }))).status).toBe(
        201,
      );
      await service.request(`/v1/predictions/${id}/image`, file(png));
      const ask = () => service.request('/v1/detectors/wood/feedback/export?format=zip');
      for (let i = 0; i < 20; i++) {
        const head = '/v1/detectors/wood/feedback/export?format=zip';
        expect((await service.request(head, { method: 'HEAD' })).status).toBe(200);
      }
      const archives = await Promise.all(Array.from({ length: 4 }, ask));
      expect(archives.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      await refused(await ask(), 429, 'rate-limited');
      for (const { body } of archives) await body?.cancel();
      const whole = await ask();
      expect(whole.status).toBe(200);
      expect((await whole.arrayBuffer()).byteLength).toBeGreaterThan(8192 ** 2);
      const again = await ask();
      expect(again.status).toBe(200);
      await again.body?.cancel();
      await service.request(path, { method: 'DELETE' });
    });

    it('takes no more images than there is room for, in memory and in the store', async () => {
      const { parts } = get();
      const service = get().app({ limits: { ...parts.limits, keptImageBytes: 10 } });
      await service.request(SETTINGS, put({ keepImageDays: 1 }));
      const png = await testPng(34);
      const { id } = await scored(png);
      await service.request(`/v1/predictions/${id}/feedback`, jsonBody({ label: 'good' }));
      const response = await service.request(`/v1/predictions/${id}/image`, file(png));
      expect((await response.json()) as object).toMatchObject({ code: 'storage-full' });
      const large = file(new Uint8Array(parts.limits.bodyBytes + 1));
      await refused(await service.request(`/v1/predictions/${id}/image`, large), 413, 'payload-too-large');
      await service.request(`/v1/predictions/${id}/feedback`, { method: 'DELETE' });
    });

    it('reads images as long as bytes arrive, and holds no more than all requests together may', async () => {
      const { parts } = get();
      await get()
        .app()
        .request(SETTINGS, put({ keepImageDays: 1 }));
      const { id } = await scored(await testPng(36));
      const path = `/v1/predictions/${id}/image`;
      const limits = { ...parts.limits, bodyBytes: 1000, bodyMemoryBytes: 1000, bodyTimeoutMs: 2000 };
      const service = get().app({ limits });
      const slow = service.request(path, {
        ...streamed(stalled('x'.repeat(900)), 'image/png'),
        method: 'PUT',
      });
      // The slow one looks at the settings first.
      await expect
        .poll(async () => (await service.request(path, file(new Uint8Array(500)))).status)
        .toBe(429);
      await refused(await slow, 408, 'timeout');
    });

    it('leaves out of score and regions what is drawn in the settings', async () => {
      const service = get().app();
      const png = await testPng(35);
      const before = await scored(png);
      const { peak } = before.regions?.[0] ?? { peak: undefined };
      const [x, y] = peak ? [peak.x, peak.y] : [0, 0];
      const { width, height } = before.original;
      // All of the picture but one corner, far from where it stands out most.
      const left = x < width / 2;
      const outline: [number, number][] = left
        ? [
            [0, 0],
            [width - 4, 0],
            [width - 4, height],
            [0, height],
          ]
        : [
            [4, 0],
            [width, 0],
            [width, height],
            [4, height],
          ];
      await service.request(SETTINGS, put({ ignore: { width, height, outlines: [outline] } }));
      // The service looks again within a second.
      await expect
        .poll(async () => (await scored(png)).score, { timeout: 5000, interval: 200 })
        .toBeLessThan(before.score);
      expect(y).toBeGreaterThanOrEqual(0);
      const bad = await service.request(SETTINGS, put({ ignore: { width, height, outlines: [[[0, 0]]] } }));
      await refused(bad, 400, 'invalid-request');
    });
  });

  describe('retraining', () => {
    const retrain = (body: object) => get().app().request('/v1/detectors/wood/retrain', jsonBody(body));

    it('makes a job of what is known of the version, on images that are named again', async () => {
      const { versions } = get();
      await refused(await retrain({ version: 'latest' }), 422, 'data-set');
      await refused(await retrain({ version: 'nothing' }), 404, 'not-found');
      await refused(await retrain({ epochs: 3 }), 400, 'invalid-request');
      const response = await retrain({ version: 'stable', dataSet: { path: 'data-sets/wood.zip' } });
      expect(response.status).toBe(202);
      const job = jobSchema.parse(await response.json());
      expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
      expect(job).toMatchObject({
        comparison: null,
        request: {
          name: 'wood',
          alias: 'candidate',
          dataSet: { path: 'data-sets/wood.zip' },
          retrain: { version: versions.old },
        },
      });
      await get().app().request(`/v1/jobs/${job.id}/cancel`, { method: 'POST' });
      const long = jsonBody({ version: 'x'.repeat(2 ** 20) });
      const path = '/v1/detectors/wood/retrain';
      await refused(await get().app().request(path, long), 413, 'payload-too-large');
      const text = { method: 'POST', body: 'x' };
      await refused(await get().app().request(path, text), 415, 'unsupported-media-type');
      const none = get().app({ jobs: undefined });
      await refused(await none.request('/v1/detectors/wood/retrain', jsonBody({})), 404, 'not-found');
    });
  });
}
