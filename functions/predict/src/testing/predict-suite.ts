import type { Inference } from '@cflow/inference';
import type { MapPayload, PredictResponse } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { describe, expect, it } from 'vitest';
import { image, predictions, refused, WOOD } from './predict-answers.js';
import { base64, jsonBody, type TestService, testPng } from './test-service.js';

const MANY = '/v1/predict';

/** A body that begins and never goes on. */
export const stalled = (first: string): ReadableStream<Uint8Array> =>
  new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(first)) });

export const streamed = (body: ReadableStream<Uint8Array>, type: string): RequestInit =>
  ({ method: 'POST', body, duplex: 'half', headers: { 'content-type': type } }) as RequestInit;

export function predictSuite(get: () => TestService): void {
  describe('predict', () => {
    it('gives the same for an image as it is, in a form, in JSON and by address', async () => {
      const png = await testPng(3);
      const { parts, app } = get();
      const fetched: string[] = [];
      const withUrls = app({
        fetchUrl: async (url, { maxBytes }) => {
          fetched.push(url);
          expect(maxBytes).toBe(parts.limits.bodyBytes);
          return png;
        },
      });
      const form = new FormData();
      form.append('image', new Blob([png]), 'a.png');
      form.append('threshold', '0.25');
      form.append('options', JSON.stringify({ map: 'f32' }));
      const url = 'https://images.example/a.png';
      const responses = await Promise.all([
        withUrls.request(`${WOOD}?threshold=0.25&map=f32`, image(png)),
        withUrls.request(WOOD, { method: 'POST', body: form }),
        withUrls.request(WOOD, jsonBody({ images: [{ base64: base64(png) }], threshold: 0.25, map: 'f32' })),
        withUrls.request(WOOD, jsonBody({ images: [{ url }], threshold: 0.25, map: 'f32' })),
        withUrls.request(
          MANY,
          jsonBody({ images: [{ url }], detectors: ['wood'], threshold: 0.25, map: 'f32' }),
        ),
        withUrls.request(
          `${MANY}?detectors=wood&threshold=0.25&map=f32`,
          image(png, { 'content-type': 'application/octet-stream' }),
        ),
      ]);
      const found = (await Promise.all(responses.map(predictions))).map(([only]) => {
        const { id, ...rest } = only as PredictResponse['predictions'][number];
        return rest;
      });
      expect(found[0]).toMatchObject({
        threshold: 0.25,
        original: { width: 80, height: 60 },
        map: { format: 'f32' },
      });
      // Requests at once share a batch or do not, and the last place of a number may round otherwise in batches of another size.
      const [{ map: first, ...same }] = found as [(typeof found)[number]];
      for (const { map, ...rest } of found) {
        expect(rest).toEqual(same);
        expect(largestDifference(valuesOf(map), valuesOf(first))).toBeLessThan(1e-6);
      }
      expect(fetched).toEqual([url, url]);
    });

    it('says where in the picture something stands out, in its pixels', async () => {
      const [found] = await predictions(
        await get()
          .app()
          .request(`${WOOD}?pixelThreshold=-1e30`, image(await testPng(3))),
      );
      const { width, height } = found!.original;
      expect(found?.regions).toMatchObject([{ box: { x: 0, y: 0, width, height }, area: width * height }]);
      const beyond = await get()
        .app()
        .request(`${WOOD}?minShare=2`, image(await testPng(3)));
      expect([beyond.status, await beyond.text()]).toEqual([400, expect.stringContaining('minShare')]);
    });

    it('takes options of a form as the languages of clients write them', async () => {
      const form = new FormData();
      form.append('image', new Blob([await testPng(3)]));
      for (const [name, value] of Object.entries({ overlay: 'True', regions: 'False', maxRegions: '3' })) {
        form.append(name, value);
      }
      const [found] = await predictions(await get().app().request(WOOD, { method: 'POST', body: form }));
      expect(found?.overlay?.contentType).toBe('image/png');
      expect(found).not.toHaveProperty('regions');
    });

    it('takes many images and detectors, in the order of the request', async () => {
      const { app, versions } = get();
      const form = new FormData();
      for (const seed of [1, 2]) form.append('image', new Blob([await testPng(seed)]), `${seed}.png`);
      form.append('detectors', `wood@stable,steel,wood@${versions.latest.slice(0, 8)}`);
      const found = await predictions(await app().request(MANY, { method: 'POST', body: form }));
      expect(found.map((each) => [each.image, each.detector.name])).toEqual([
        [0, 'wood'],
        [0, 'steel'],
        [0, 'wood'],
        [1, 'wood'],
        [1, 'steel'],
        [1, 'wood'],
      ]);
      expect(found.map((each) => each.detector.version).filter((_, i) => i % 3 !== 1)).toEqual([
        versions.old,
        versions.latest,
        versions.old,
        versions.latest,
      ]);
      expect(new Set(found.map(({ id }) => id)).size).toBe(6);
    });

    it('leaves out what a mask ignores: one for all images, or one for each', async () => {
      const { app } = get();
      const png = await testPng(4, 64, 64);
      const all = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(255) };
      const left = { ...all, data: all.data.map((_, i) => (((i / 3) | 0) % 64 < 32 ? 255 : 0)) };
      const right = { ...all, data: left.data.map((value) => 255 - value) };
      const black = { ...all, data: new Uint8Array(64 * 64 * 3) };
      const tall = { ...left, width: 32, height: 128 };
      const [half, other, ...useless] = await Promise.all(
        [left, right, black, all, tall].map(async (mask) => new Uint8Array(await encodePng(mask))),
      );
      const formOf = (masks: Uint8Array<ArrayBuffer>[]): RequestInit => {
        const form = new FormData();
        for (const name of ['a', 'b']) form.append('image', new Blob([png]), name);
        for (const mask of masks) form.append('ignore', new Blob([mask]), 'mask.png');
        return { method: 'POST', body: form };
      };
      const scores = async (masks: Uint8Array<ArrayBuffer>[]): Promise<number[]> =>
        (await predictions(await app().request(WOOD, formOf(masks)))).map(({ score }) => score);
      const [plain] = (await scores([])) as [number];
      const [masked] = (await scores([half as Uint8Array<ArrayBuffer>])) as [number];
      expect(masked).toBeLessThanOrEqual(plain);
      const [, second] = (await scores([other as Uint8Array<ArrayBuffer>])) as [number, number];
      expect(Math.max(masked, second)).toBe(plain);
      expect(await scores([half, other] as Uint8Array<ArrayBuffer>[])).toEqual([masked, second]);
      for (const [i, words] of [/ignores nothing/, /ignores everything/, /of another shape/].entries()) {
        const answer = await app().request(WOOD, formOf([useless[i] as Uint8Array<ArrayBuffer>]));
        expect((await refused(answer, 422, 'image')).detail).toMatch(words);
      }
      const json = { images: [{ base64: base64(png), ignore: { base64: base64(half as Uint8Array) } }] };
      const [again] = await predictions(await app().request(WOOD, jsonBody(json)));
      expect(again?.score).toBe(masked);
    });

    it.each([
      ['an unknown parameter', `${WOOD}?treshold=1`, /"treshold" here; is "threshold" meant\?/],
      ['a name in another spelling', `${WOOD}?false_alarm_rate=0.1`, /is "falseAlarmRate" meant\?/],
      ['a number that is none', `${WOOD}?threshold=one`, /threshold: expected a number/],
      ['a number without end', `${WOOD}?threshold=1e999`, /threshold/],
      ['hexadecimal', `${WOOD}?minArea=0x10`, /minArea/],
      ['a truth value in other words', `${WOOD}?overlay=yes`, /overlay: expected true or false/],
      ['the same parameter twice', `${WOOD}?map=png8&map=f32`, /map/],
      ['two thresholds', `${WOOD}?threshold=1&falseAlarmRate=0.1`, /not both/],
      ['a rate out of range', `${WOOD}?falseAlarmRate=1`, /falseAlarmRate/],
      ['a name that is none', '/v1/detectors/Wood!/predict', /name/],
      ['a path as a name', '/v1/detectors/..%2F..%2Fetc/predict', /name/],
      ['detectors beside the one of the address', `${WOOD}?detectors=steel`, /detectors/],
      ['no detectors', MANY, /detectors/],
      ['an empty detector', `${MANY}?detectors=wood,`, /detectors/],
      ['an address that is not UTF-8', '/v1/detectors/%ff/predict', /percent-encoded/],
    ])('refuses %s', async (_, path, detail) => {
      const found = await refused(
        await get()
          .app()
          .request(path, image(await testPng())),
        400,
        'invalid-request',
      );
      expect(found.detail).toMatch(detail);
    });

    it.each([
      ['no JSON', '{', /not JSON/],
      ['JSON that is not an object', '[]', /object/],
      ['no images', '{"images":[]}', /images/],
      ['too many images', JSON.stringify({ images: Array(65).fill({ base64: 'AAAA' }) }), /images/],
      ['no base64', '{"images":[{"base64":"!"}]}', /images\.0\.base64/],
      ['an image with two sources', '{"images":[{"base64":"AAAA","url":"https://a.example/"}]}', /images\.0/],
      ['a file of the server', '{"images":[{"url":"file:///etc/passwd"}]}', /images\.0/],
      ['an unknown member', '{"images":[{"base64":"AAAA"}],"treshold":1}', /is "threshold" meant\?/],
      ['an image under another name', '{"image":[{"base64":"AAAA"}]}', /images: .*list of images.*"base64"/],
      ['an image without a name', '{"images":["AAAA"]}', /images\.0: .*"base64"/],
      ['an image with a wrong name', '{"images":[{"b64":"AAAA"}]}', /images\.0: .*"base64"/],
      ['a data URI as an address', '{"images":[{"url":"data:image/png;base64,AAAA"}]}', /images\.0.*base64/],
      ['a text for a number', '{"images":[{"base64":"AAAA"}],"threshold":"1"}', /threshold/],
      ['a prototype', '{"images":[{"base64":"AAAA"}],"__proto__":{"threshold":1},"x":1}', /x|proto/],
    ])('refuses a body with %s', async (_, body, detail) => {
      const found = await refused(await get().app().request(WOOD, jsonBody(body)), 400, 'invalid-request');
      expect(found.detail + JSON.stringify(found.errors ?? [])).toMatch(detail);
    });

    it.each([
      ['no image', { threshold: '1' }, /image: expected one file/],
      ['an unknown field', { image: 'x', tresholds: '1' }, /"tresholds"; is "threshold" meant\?/],
      ['a field that nothing is like', { image: 'x', color: 'red' }, /"color"; those of a form are image,/],
      ['options that are no JSON', { image: 'x', options: '{' }, /options: expected JSON/],
      ['more masks than images', { image: 'x', ignore: 'x,x' }, /ignore: expected one mask/],
    ])('refuses a form with %s', async (_, fields, detail) => {
      const form = new FormData();
      for (const [name, values] of Object.entries(fields)) {
        for (const value of (values as string).split(',')) form.append(name, value);
      }
      const response = await get().app().request(WOOD, { method: 'POST', body: form });
      expect((await refused(response, 400, 'invalid-request')).detail).toMatch(detail);
    });

    it('says of a picture that is far too small that its score says little', async () => {
      const app = get().app();
      const [speck] = await predictions(await app.request(WOOD, image(await testPng(1, 1, 2))));
      expect(speck?.warnings).toEqual([expect.stringMatching(/^is 1x2 pixels, enlarged to 64x64/)]);
      const [part] = await predictions(await app.request(WOOD, image(await testPng(1))));
      expect(part).not.toHaveProperty('warnings');
    });

    it('says of a region, of which there is the inverse only, where that goes', async () => {
      const app = get().app();
      const told =
        /no field "(region|roi)".*; what is to be left out goes in "ignore" beside the image.*: the inverse of a region/;
      const asForm = (name: string, value: string | Blob): RequestInit => {
        const form = new FormData();
        form.append('image', new Blob(['x']), 'part.png');
        form.append(name, value);
        return { method: 'POST', body: form };
      };
      for (const [path, init] of [
        [WOOD, asForm('region', new Blob(['x']))],
        [WOOD, asForm('roi', '1,2,3,4')],
        [WOOD, jsonBody({ images: [{ base64: 'AAAA', region: { base64: 'AAAA' } }] })],
        [WOOD, jsonBody({ images: [{ base64: 'AAAA' }], region: { base64: 'AAAA' } })],
        [`${WOOD}?region=1`, image('x')],
      ] as const) {
        expect((await refused(await app.request(path, init), 400, 'invalid-request')).detail).toMatch(told);
      }
    });

    it('says where a picture goes that came under another name, before it reads it', async () => {
      for (const name of ['file', 'images', 'image[]', 'upload']) {
        const form = new FormData();
        form.append(name, new Blob([new Uint8Array(2 ** 19)]), 'part.png');
        const answer = await get().app().request(WOOD, { method: 'POST', body: form });
        expect((await refused(answer, 400, 'invalid-request')).detail).toBe(
          `there is no field "${name}"; a picture goes in "image", a mask in "ignore"`,
        );
      }
    });

    it('refuses bodies that are not images, of other types, empty, or with addresses', async () => {
      const app = get().app();
      for (const path of [WOOD, `${MANY}?detectors=wood`]) {
        await refused(await app.request(path, image('no image')), 422, 'image');
        await refused(await app.request(path, image('')), 400, 'invalid-request');
        await refused(
          await app.request(path, image('a=b', { 'content-type': 'text/plain' })),
          415,
          'unsupported-media-type',
        );
        await refused(await app.request(path, { method: 'POST' }), 415, 'unsupported-media-type');
      }
      const body = { images: [{ url: 'https://a.example/' }] };
      await refused(await app.request(WOOD, jsonBody(body)), 422, 'url-refused');
      const nothing = image(await testPng());
      await refused(await app.request('/v1/detectors/nothing/predict', nothing), 404, 'not-found');
      await refused(await app.request(`${MANY}?detectors=wood@nothing`, nothing), 404, 'not-found');
    });

    it('refuses a device that it does not run on, and names it', async () => {
      const response = await get()
        .app()
        .request(`${WOOD}?device=cuda`, image(await testPng()));
      expect(response.headers.has('retry-after')).toBe(false);
      expect((await refused(response, 422, 'device')).attempts).toMatchObject([{ device: 'cuda' }]);
    });

    it.each([WOOD, `${MANY}?detectors=wood`])(
      'counts the bytes of %s, whatever the head says',
      async (path) => {
        const { app, parts } = get();
        const small = app({ limits: { ...parts.limits, bodyBytes: 1000 } });
        const png = await testPng(0, 300, 300);
        await refused(await small.request(path, image(png)), 413, 'payload-too-large');
        let pulled = 0;
        const endless = new ReadableStream<Uint8Array>({
          pull(controller) {
            pulled++;
            controller.enqueue(new Uint8Array(400));
          },
        });
        await refused(await small.request(path, streamed(endless, 'image/png')), 413, 'payload-too-large');
        expect(pulled).toBeLessThan(10);
        const lying = { ...streamed(stalled('x'.repeat(2000)), 'image/png') };
        lying.headers = { 'content-type': 'image/png', 'content-length': '5' };
        await refused(await small.request(path, lying), 413, 'payload-too-large');
      },
    );

    it.each([WOOD, `${MANY}?detectors=wood`])('waits for the body of %s only so long', async (path) => {
      const { app, parts } = get();
      const idle = app({ limits: { ...parts.limits, bodyTimeoutMs: 30 } });
      await refused(await idle.request(path, streamed(stalled('x'), 'image/png')), 408, 'timeout');
      const late = app({ limits: { ...parts.limits, requestTimeoutMs: 30 } });
      await refused(await late.request(path, streamed(stalled('x'), 'image/png')), 408, 'timeout');
    });

    it('ends the work when the time is over or the client has gone', async () => {
      const { app, parts } = get();
      const reasons: unknown[] = [];
      let began: () => void = () => {};
      // Like the inference, but with an image that takes for ever.
      const inference: Inference = {
        ...parts.inference,
        status: () => parts.inference.status(),
        load: (...args) => parts.inference.load(...args),
        close: () => parts.inference.close(),
        predict: ({ signal }) =>
          new Promise((_, reject) => {
            began();
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason);
              reject(signal.reason);
            });
          }),
      };
      for (const path of [WOOD, `${MANY}?detectors=wood`]) {
        const slow = app({ inference, limits: { ...parts.limits, requestTimeoutMs: 50 } });
        await refused(await slow.request(path, image(await testPng())), 504, 'timeout');
      }
      expect(reasons).toHaveLength(2);
      const client = new AbortController();
      const started = new Promise<void>((resolve) => {
        began = resolve;
      });
      const answer = app({ inference }).request(WOOD, { ...image(await testPng()), signal: client.signal });
      await started;
      client.abort();
      await refused(await answer, 503, 'interrupted');
      expect(reasons).toHaveLength(3);
    });

    it('keeps callers to their rate, each for itself', async () => {
      const { app, apiKeys, keyOf, parts } = get();
      const limited = app({
        keys: apiKeys,
        limits: { ...parts.limits, rate: { perSecond: 0.01, burst: 2 } },
      });
      const ask = async (path: string, scope: string) =>
        limited.request(path, image(await testPng(), { 'x-api-key': keyOf(scope) }));
      const first = await ask(WOOD, 'predict');
      expect([
        first.status,
        first.headers.get('ratelimit-limit'),
        first.headers.get('ratelimit-remaining'),
      ]).toEqual([200, '2', '1']);
      expect((await ask(WOOD, 'predict')).status).toBe(200);
      for (const path of [WOOD, `${MANY}?detectors=wood`]) {
        const response = await ask(path, 'predict');
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
        await refused(response, 429, 'rate-limited');
      }
      const feedback = await limited.request(
        '/v1/predictions/x/feedback',
        jsonBody({ label: 'good' }, { 'x-api-key': keyOf('predict') }),
      );
      await refused(feedback, 429, 'rate-limited');
      expect((await ask(WOOD, 'admin')).status).toBe(200);
    });
  });
}

/** The values of a map that is sent as `f32`. */
function valuesOf(map: MapPayload | undefined): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(map?.data ?? '', 'base64')).buffer);
}

/** Of two maps; infinite where they are not of one size. */
function largestDifference(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length || left.length === 0) return Number.POSITIVE_INFINITY;
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
}
