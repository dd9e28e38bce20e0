import { backboneHash, parseManifest, sha256Hex } from '@cflow/detector';
import { sealBundle } from '@cflow/detector/testing';
import { hostileGraphs } from '@cflow/onnx/testing';
import { BUNDLE_FILES, type Problem, shadowReportSchema, type VersionDetail } from '@cflow/spec';
import { describe, expect, it, vi } from 'vitest';
import { image, predictions, WOOD } from './predict-answers.js';
import { stalled, streamed } from './predict-suite.js';
import { jsonBody, type TestService, testPng } from './test-service.js';

type Bundle = ReadonlyMap<string, Uint8Array>;

function upload(files: Bundle): RequestInit {
  const form = new FormData();
  for (const [name, bytes] of files) form.append('file', new Blob([new Uint8Array(bytes)]), name);
  return { method: 'POST', body: form };
}

export function registrySuite(get: () => TestService): void {
  const status = async (path: string, init?: RequestInit): Promise<number> =>
    (await get().app().request(path, init)).status;

  describe('detectors and versions', () => {
    it('are listed, a page at a time, and read by any reference', async () => {
      const { versions } = get();
      const app = get().app();
      const json = async (path: string) => (await app.request(path)).json();
      const page = (await json('/v1/detectors?limit=1')) as { detectors: { name: string }[]; next: string };
      expect(page.detectors.map(({ name }) => name)).toEqual(['steel']);
      expect(await json(`/v1/detectors?after=${page.next}`)).toMatchObject({
        detectors: [{ name: 'wood' }],
        next: null,
      });
      expect(await json('/v1/detectors/wood')).toEqual({
        name: 'wood',
        aliases: { latest: versions.latest, stable: versions.old },
      });
      expect(await json('/v1/detectors/wood/versions')).toMatchObject({ next: null, versions: [{}, {}] });
      for (const reference of ['stable', versions.old, versions.old.slice(0, 8)]) {
        const detail = (await json(`/v1/detectors/wood/versions/${reference}`)) as VersionDetail;
        expect([detail.version, detail.aliases, detail.manifest.name]).toEqual([
          versions.old,
          ['stable'],
          'wood',
        ]);
      }
      expect(await json('/v1/detectors/wood/aliases/stable')).toEqual({
        name: 'wood',
        alias: 'stable',
        version: versions.old,
      });
    });

    it('that are not there are not found', async () => {
      for (const path of [
        '',
        '/versions',
        '/versions/latest',
        '/versions/latest/files/head.onnx',
        '/aliases/latest',
        '/settings',
        '/settings/revisions',
        '/shadow',
        '/drift',
      ]) {
        expect([path, await status(`/v1/detectors/nothing${path}`)]).toEqual([path, 404]);
      }
      for (const path of [
        '/versions/nothing',
        '/versions/00000000',
        '/aliases/nothing',
        '/aliases/constructor',
        '/versions/latest/files/other.bin',
      ]) {
        expect([path, await status(`/v1/detectors/wood${path}`)]).toEqual([path, 404]);
      }
      for (const path of ['/versions/latest/files/..%2f..%2fx', '/versions/LATEST', '/aliases/-']) {
        expect([path, await status(`/v1/detectors/wood${path}`)]).toEqual([path, 400]);
      }
    });

    it('are uploaded, published under an alias, and deleted', async () => {
      const { bundles } = get();
      const app = get().app();
      const files = bundles[2] as Bundle;
      for (let time = 0; time < 2; time++) {
        const response = await app.request('/v1/detectors/glass/versions?alias=candidate', upload(files));
        expect(response.status).toBe(201);
        const summary = (await response.json()) as { version: string };
        expect(response.headers.get('location')).toBe(`/v1/detectors/glass/versions/${summary.version}`);
        expect(summary).toMatchObject({ name: 'glass', aliases: ['candidate'] });
      }
      expect(await status('/v1/detectors/glass/versions/candidate', { method: 'DELETE' })).toBe(409);
      const { version } = (await (await app.request('/v1/detectors/glass/aliases/candidate')).json()) as {
        version: string;
      };
      expect(await status('/v1/detectors/glass/aliases/candidate', { method: 'DELETE' })).toBe(204);
      expect(await status('/v1/detectors/glass/aliases/candidate', { method: 'DELETE' })).toBe(404);
      expect(await status(`/v1/detectors/glass/versions/${version}`, { method: 'DELETE' })).toBe(204);
      expect(await status(`/v1/detectors/glass/versions/${version}`, { method: 'DELETE' })).toBe(404);
      expect(await status(`/v1/detectors/glass/versions/${version}`)).toBe(404);
    });

    it('are refused when anything about the files is wrong, and nothing becomes visible', async () => {
      const { app, bundles, parts } = get();
      const path = '/v1/detectors/broken/versions';
      const files = bundles[0] as Map<string, Uint8Array>;
      const head = new Uint8Array(files.get(BUNDLE_FILES.headModel) as Uint8Array);
      head[40] = head[40]! ^ 1;
      const damaged = await app().request(path, upload(new Map([...files, [BUNDLE_FILES.headModel, head]])));
      expect(damaged.status).toBe(422);
      expect(await damaged.json()).toMatchObject({
        code: 'bundle',
        detail: expect.stringMatching(/head\.onnx/),
      });
      const lacking = new Map(files);
      lacking.delete(BUNDLE_FILES.headModel);
      expect(await status(path, upload(lacking))).toBe(422);
      lacking.delete(BUNDLE_FILES.manifest);
      expect(await status(path, upload(lacking))).toBe(400);
      expect(await status(path, upload(new Map([['../x', head]])))).toBe(400);
      expect(
        await status(path, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }),
      ).toBe(415);
      const small = app({ limits: { ...parts.limits, uploadBytes: 1000 } });
      expect((await small.request(path, upload(files))).status).toBe(413);
      expect(await status('/v1/detectors/broken')).toBe(404);
    });

    it('are refused for what their graphs would do, by name, before they run', async () => {
      const { bundles } = get();
      const files = bundles[0] as Map<string, Uint8Array>;
      const manifest = await parseManifest(files.get(BUNDLE_FILES.manifest) as Uint8Array, 'test');
      const [height, width] = manifest.configuration.inputSize;
      const outputs = manifest.layers.map((layer) => [
        layer.name,
        ['float32', ['batch', layer.channels, layer.height, layer.width]] as const,
      ]);
      const hostile = hostileGraphs({
        inputs: { image: ['uint8', ['batch', 3, height, width]] },
        outputs: Object.fromEntries(outputs),
      });
      // One of each few: all of them are inspected where a bundle is.
      for (const { name, bytes, message } of hostile.filter((_, i) => i % 5 === 0)) {
        const changed = new Map(files).set(BUNDLE_FILES.backboneModel, bytes);
        const hashes = await Promise.all(
          [bytes, files.get(BUNDLE_FILES.backboneWeights)].map((file) => sha256Hex(file as Uint8Array)),
        );
        const sha256 = await backboneHash(hashes[0] as string, hashes[1] as string);
        await sealBundle(changed, { ...manifest, backbone: { ...manifest.backbone, sha256 } });
        const response = await get().app().request('/v1/detectors/hostile/versions', upload(changed));
        expect([name, response.status]).toEqual([name, 422]);
        const { code, detail } = (await response.json()) as Problem;
        expect(code).toBe('bundle');
        // Paths do not leave the service, not even those that came in.
        const said = new RegExp(message.source.replace('\\/etc\\/passwd', '<file>'));
        expect(detail).toMatch(said);
      }
      expect(await status('/v1/detectors/hostile')).toBe(404);
    });

    it('are uploaded only as long as bytes arrive, and keep no others out meanwhile', async () => {
      const { app, parts, bundles } = get();
      const path = '/v1/detectors/slow/versions';
      const service = app({ limits: { ...parts.limits, bodyTimeoutMs: 1000 } });
      let done = false;
      const slow = Promise.resolve(
        service.request(path, streamed(stalled('--b\r\n'), 'multipart/form-data; boundary=b')),
      ).finally(() => {
        done = true;
      });
      const second = await service.request(path, upload(bundles[0] as Bundle));
      expect([second.status, done]).toEqual([201, false]);
      expect((await slow).status).toBe(408);
    });

    it('take their part of the memory for bodies, which all requests share', async () => {
      const { app, parts, versions } = get();
      const limits = { ...parts.limits, bodyBytes: 1000, bodyMemoryBytes: 2000, bodyTimeoutMs: 2000 };
      const service = app({ limits });
      const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';
      const path = '/v1/detectors/slow/versions';
      const form = 'multipart/form-data; boundary=b';
      const slow = service.request(path, streamed(stalled(`${file}${'x'.repeat(1920)}`), form));
      const refused: [string, RequestInit][] = [
        [path, streamed(stalled(`${file}${'x'.repeat(300)}`), form)],
        [
          '/v1/detectors/wood/aliases/canary',
          jsonBody({ version: versions.latest, expected: null }, {}, 'PUT'),
        ],
        ['/v1/detectors/wood/settings', jsonBody({ note: 'x'.repeat(100) }, {}, 'PUT')],
        ['/v1/jobs', jsonBody({ name: 'wood', dataSet: { path: `data-sets/${'x'.repeat(100)}.zip` } })],
        ['/v1/detectors/wood/retrain', jsonBody({ dataSet: { path: `data-sets/${'x'.repeat(100)}.zip` } })],
        ['/v2/repository/index', jsonBody({ ready: true, more: 'x'.repeat(100) })],
      ];
      for (const [address, init] of refused) {
        const answer = await service.request(address, init);
        expect([address, answer.status, answer.headers.get('retry-after')]).toEqual([address, 429, '1']);
      }
      expect((await slow).status).toBe(408);
    });
  });

  describe('aliases', () => {
    it('move only from where they are expected to be', async () => {
      const { versions } = get();
      const path = '/v1/detectors/wood/aliases/canary';
      const put = (body: unknown) =>
        get()
          .app()
          .request(path, jsonBody(body, {}, 'PUT'));
      expect((await put({ version: versions.old, expected: versions.latest })).status).toBe(409);
      const made = await put({ version: versions.old, expected: null });
      expect([made.status, await made.json()]).toEqual([
        200,
        { name: 'wood', alias: 'canary', version: versions.old },
      ]);
      expect((await put({ version: versions.latest, expected: null })).status).toBe(409);
      expect((await put({ version: versions.latest, expected: versions.old })).status).toBe(200);
      expect((await put({ version: '0'.repeat(64) })).status).toBe(404);
      expect((await put({ version: 'latest' })).status).toBe(400);
      expect((await put('{')).status).toBe(400);
      expect(
        await status(path, { method: 'PUT', body: '{}', headers: { 'content-type': 'text/plain' } }),
      ).toBe(415);
      expect((await put({ version: versions.old, note: 'x'.repeat(2 ** 20) })).status).toBe(413);
      expect(await status(path, { method: 'DELETE' })).toBe(204);
    });
  });

  describe('a name that is none', () => {
    it('is answered with the nearest, to those who may read names', async () => {
      const { apiKeys, keyOf } = get();
      const detail = async (path: string, scope = 'read'): Promise<string> => {
        const headers = { authorization: `Bearer ${keyOf(scope)}` };
        const response = await get().app({ keys: apiKeys }).request(path, { headers });
        return ((await response.json()) as Problem).detail;
      };
      expect(await detail('/v1/detectors/wod')).toMatch(/there is no detector "wod"; is "wood" meant\?$/);
      expect(await detail('/v1/detectors/wood/versions/lastest')).toMatch(/; is "latest" meant\?$/);
      expect(await detail('/v1/detectors/wood/aliases/stabel')).toMatch(/; is "stable" meant\?$/);
      expect(await detail('/v1/detectors/something-else')).not.toMatch(/meant/);
      const { app, keyOf: key } = get();
      const refused = await app({ keys: apiKeys }).request('/v1/detectors/wod/predict', {
        method: 'POST',
        headers: { authorization: `Bearer ${key('predict')}`, 'content-type': 'image/png' },
        body: new Uint8Array(9),
      });
      expect(((await refused.json()) as Problem).detail).not.toMatch(/meant/);
    });
  });

  describe('settings', () => {
    it('are saved as revisions, by one who expects what is in force', async () => {
      const { versions } = get();
      const path = '/v1/detectors/steel/settings';
      const put = (body: unknown, to = path) =>
        get()
          .app()
          .request(to, jsonBody(body, {}, 'PUT'));
      const json = async (address: string) => (await get().app().request(address)).json();
      expect(await json(path)).toEqual({ name: 'steel', revision: 0 });
      const made = await put({
        ...{ falseAlarmRate: 0.02, minArea: 9, minShare: 0.25 },
        ...{ note: 'as agreed', expected: 0 },
      });
      const first = {
        ...{ name: 'steel', revision: 1, falseAlarmRate: 0.02, minArea: 9, minShare: 0.25 },
        note: 'as agreed',
      };
      expect([made.status, await made.json()]).toEqual([
        200,
        { ...first, by: expect.any(String), at: expect.stringMatching(/^\d{4}-.*Z$/) },
      ]);
      expect((await put({ expected: 0 })).status).toBe(409);
      // What a prediction has beside its image is drawn here.
      for (const name of ['region', 'mask']) {
        const answer = (await (await put({ expected: 1, [name]: [] })).json()) as { detail: string };
        expect(answer.detail).toMatch(/there is no field/);
        expect(answer.detail).not.toContain('beside the image');
      }
      // An empty one goes back to what the bundle says.
      expect(await (await put({ expected: 1 })).json()).toMatchObject({ name: 'steel', revision: 2 });
      expect(await json(path)).not.toHaveProperty('falseAlarmRate');
      const page = (await json(`${path}/revisions?limit=1`)) as { settings: object[]; next: string };
      expect(page.settings).toMatchObject([{ revision: 2 }]);
      expect(await json(`${path}/revisions?after=${page.next}`)).toMatchObject({
        settings: [first],
        next: null,
      });
      const [steel] = ((await json('/v1/detectors/steel/versions')) as { versions: { version: string }[] })
        .versions;
      expect(await (await put({ threshold: 1, version: 'latest' })).json()).toMatchObject({
        threshold: 1,
        version: steel?.version,
      });
      await put({});
      for (const wrong of [
        { threshold: 1 },
        { threshold: 1, falseAlarmRate: 0.1, version: 'latest' },
        { falseAlarmRate: 1 },
        { minArea: -1 },
        { minShare: 1.5 },
        { thresold: 1 },
      ]) {
        expect([wrong, (await put(wrong)).status]).toEqual([wrong, 400]);
      }
      expect((await put({ threshold: 1, version: versions.old })).status).toBe(404);
      expect((await put({}, '/v1/detectors/nothing/settings')).status).toBe(404);
      expect(
        await status(path, { method: 'PUT', body: '{}', headers: { 'content-type': 'text/plain' } }),
      ).toBe(415);
      expect((await put({ note: 'x'.repeat(2 ** 20) })).status).toBe(413);
    });

    it('name a shadow, which scores beside what is answered', async () => {
      const { versions } = get();
      const put = (body: unknown) =>
        get()
          .app()
          .request('/v1/detectors/wood/settings', jsonBody(body, {}, 'PUT'));
      const report = async () =>
        shadowReportSchema.parse(await (await get().app().request('/v1/detectors/wood/shadow')).json());
      expect(await report()).toMatchObject({ shadow: null });
      const shadow = { reference: 'stable', share: 1 };
      expect(await (await put({ shadow })).json()).toMatchObject({ shadow });
      expect((await put({ shadow: { reference: 'nothing' } })).status).toBe(404);
      expect((await put({ shadow: { reference: 'stable', share: 0 } })).status).toBe(400);
      // In force within a second.
      await vi.waitFor(
        async () => {
          await predictions(
            await get()
              .app()
              .request(WOOD, image(await testPng(61))),
          );
          expect((await report()).comparisons[0]).toMatchObject({
            version: versions.latest,
            shadow: versions.old,
            failed: 0,
          });
        },
        { timeout: 10_000, interval: 300 },
      );
      expect(await report()).toMatchObject({ shadow, scoresHere: true });
      const metrics = await (await get().app().request('/metrics')).text();
      expect(metrics).toMatch(
        /cflow_shadow_images_total\{detector="wood",outcome="(agreed|differed)"\} [1-9]/,
      );
      await put({});
    });
  });

  describe('files', () => {
    it('come whole, in part, or not at all when the client has them', async () => {
      const { bundles, versions } = get();
      const app = get().app();
      const bytes = (bundles[0] as Bundle).get('head.onnx') as Uint8Array;
      const path = `/v1/detectors/wood/versions/${versions.old}/files/head.onnx`;
      const whole = await app.request(path);
      expect(new Uint8Array(await whole.arrayBuffer())).toEqual(new Uint8Array(bytes));
      const etag = whole.headers.get('etag') as string;
      expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        'accept-ranges': 'bytes',
        'cache-control': 'private, max-age=31536000, immutable',
        'content-disposition': 'attachment; filename="head.onnx"',
        'content-length': String(bytes.length),
        'x-content-type-options': 'nosniff',
      });
      const get206 = async (headers: Record<string, string>) => {
        const response = await app.request(path, { headers });
        return [
          response.status,
          response.headers.get('content-range'),
          (await response.arrayBuffer()).byteLength,
        ];
      };
      expect(await get206({ range: 'bytes=10-19' })).toEqual([206, `bytes 10-19/${bytes.length}`, 10]);
      expect(await get206({ range: 'bytes=-5', 'if-range': etag })).toEqual([
        206,
        `bytes ${bytes.length - 5}-${bytes.length - 1}/${bytes.length}`,
        5,
      ]);
      expect(await get206({ range: 'bytes=-5', 'if-range': '"other"' })).toEqual([200, null, bytes.length]);
      expect(await get206({ 'if-none-match': `"x", ${etag}` })).toEqual([304, null, 0]);
      const outside = await app.request(path, { headers: { range: `bytes=${bytes.length}-` } });
      expect([outside.status, outside.headers.get('content-range')]).toEqual([
        416,
        `bytes */${bytes.length}`,
      ]);
      const part = await app.request(path, { headers: { range: 'bytes=10-19' } });
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(new Uint8Array(bytes.subarray(10, 20)));
    });

    it('answer HEAD with what GET would, less the bytes', async () => {
      const { versions } = get();
      const app = get().app();
      const path = `/v1/detectors/wood/versions/${versions.old}/files/head.onnx`;
      for (const headers of [{}, { range: 'bytes=0-9' }, { range: 'bytes=99999999-' }] as Record<
        string,
        string
      >[]) {
        const [head, whole] = [
          await app.request(path, { method: 'HEAD', headers }),
          await app.request(path, { headers }),
        ];
        expect(head.status).toBe(whole.status);
        expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'));
        expect(head.body).toBeNull();
      }
      const etag = (await app.request(path, { method: 'HEAD' })).headers.get('etag') as string;
      expect(await status(path, { method: 'HEAD', headers: { 'if-none-match': etag } })).toBe(304);
      expect(await status(path.replace('head.onnx', 'none.onnx'), { method: 'HEAD' })).toBe(404);
    });

    it('by an alias may change, and never run as pages of the service', async () => {
      const app = get().app();
      const report = await app.request('/v1/detectors/wood/versions/latest/files/report.html');
      expect(Object.fromEntries(report.headers)).toMatchObject({
        'cache-control': 'private, no-cache',
        'content-type': 'application/octet-stream',
        'content-security-policy': "sandbox; default-src 'none'",
      });
      const manifest = await app.request('/v1/detectors/wood/versions/latest/files/manifest.json');
      expect(manifest.headers.get('etag')).toBe(`"${get().versions.latest}"`);
      expect(await manifest.json()).toMatchObject({ formatVersion: 1 });
    });
  });
}
