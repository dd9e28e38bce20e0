import { gunzipSync, gzipSync } from 'node:zlib';
import type { Problem } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { PageAsset } from '../app/parts.js';
import { jsonBody, type TestService } from './test-service.js';

const JOB = '/v1/jobs/0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11';

/** A request for each operation that wants a key, and a scope that is not enough for it. */
const GUARDED: readonly [method: string, path: string, tooLittle: string][] = [
  ['POST', '/v1/detectors/wood/predict', 'read'],
  ['POST', '/v1/predict', 'train'],
  ['GET', '/v1/detectors', 'predict'],
  ['GET', '/v1/detectors/wood', 'predict'],
  ['GET', '/v1/detectors/wood/versions', 'train'],
  ['POST', '/v1/detectors/wood/versions', 'train'],
  ['GET', '/v1/detectors/wood/versions/latest', 'predict'],
  ['DELETE', '/v1/detectors/wood/versions/latest', 'read'],
  ['GET', '/v1/detectors/wood/versions/latest/files/head.onnx', 'predict'],
  ['HEAD', '/v1/detectors/wood/versions/latest/files/head.onnx', 'predict'],
  ['GET', '/v1/detectors/wood/aliases/latest', 'predict'],
  ['PUT', '/v1/detectors/wood/aliases/latest', 'train'],
  ['DELETE', '/v1/detectors/wood/aliases/latest', 'predict'],
  ['GET', '/v1/detectors/wood/settings', 'predict'],
  ['PUT', '/v1/detectors/wood/settings', 'train'],
  ['GET', '/v1/detectors/wood/settings/revisions', 'predict'],
  ['POST', '/v1/predictions/x/feedback', 'read'],
  ['DELETE', '/v1/predictions/x/feedback', 'predict'],
  ['PUT', '/v1/predictions/x/image', 'read'],
  ['GET', '/v1/predictions/x/image', 'predict'],
  ['GET', '/v1/detectors/wood/feedback', 'predict'],
  ['GET', '/v1/detectors/wood/feedback/export', 'predict'],
  ['POST', '/v1/detectors/wood/retrain', 'read'],
  ['GET', '/v1/detectors/wood/drift', 'predict'],
  ['GET', '/v1/detectors/wood/shadow', 'predict'],
  ['POST', '/v1/data-sets', 'read'],
  ['GET', '/v1/data-sets', 'read'],
  ['GET', '/v1/data-sets/a.zip', 'read'],
  ['DELETE', '/v1/data-sets/a.zip', 'read'],
  ['POST', '/v1/data-sets/a.zip/inspect', 'read'],
  ['POST', '/v1/jobs', 'read'],
  ['GET', '/v1/jobs', 'predict'],
  ['GET', JOB, 'predict'],
  ['POST', `${JOB}/cancel`, 'read'],
  ['GET', `${JOB}/events`, 'predict'],
  ['GET', `${JOB}/logs`, 'predict'],
];

/** With a body of the right type, so that it is not its type that is refused. */
function init(method: string, path: string, headers: Record<string, string> = {}): RequestInit {
  if (method === 'PUT' || path.endsWith('/feedback') || path.endsWith('/retrain')) {
    return method === 'GET' || method === 'DELETE' ? { method, headers } : jsonBody({}, headers, method);
  }
  return { method, headers };
}

export function frameSuite(get: () => TestService): void {
  describe('every route', () => {
    it.each(GUARDED)('%s %s wants a key with the right scope', async (method, path, tooLittle) => {
      const { apiKeys, keyOf } = get();
      const app = get().app({ keys: apiKeys });
      const none = await app.request(path, init(method, path));
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="cflow"']);
      const wrong = await app.request(
        path,
        init(method, path, { authorization: `Bearer ${keyOf('read')}x` }),
      );
      expect(wrong.status).toBe(401);
      const little = await app.request(
        path,
        init(method, path, { authorization: `Bearer ${keyOf(tooLittle)}` }),
      );
      expect([little.status, little.headers.get('www-authenticate')]).toEqual([
        403,
        expect.stringMatching(/insufficient_scope/),
      ]);
    });

    it.each(GUARDED)('%s %s names parameters that it does not know', async (method, path) => {
      const response = await get().app().request(`${path}?nonsense=1`, init(method, path));
      expect(response.status).toBe(400);
      if (method !== 'HEAD') expect(((await response.json()) as Problem).detail).toMatch(/nonsense/);
    });

    it.each(GUARDED)('%s %s takes no new work when the service is about to end', async (method, path) => {
      const readiness = { state: 'draining' as const, detail: '' };
      const response = await get().app({ readiness }).request(path, init(method, path));
      expect([
        response.status,
        response.headers.get('retry-after'),
        response.headers.get('connection'),
      ]).toEqual([503, '1', 'close']);
    });
  });

  describe('the frame', () => {
    it('knows what there is and what can be done with it', async () => {
      const app = get().app();
      const nothing = await app.request('/v1/nothing');
      expect([nothing.status, nothing.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json',
      ]);
      const method = await app.request('/v1/detectors/wood/aliases/latest', { method: 'POST' });
      expect(method.status).toBe(405);
      expect(method.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PUT']);
      expect(await method.json()).toMatchObject({ code: 'method-not-allowed' });
    });

    it('names each request, as the client does where that is sane', async () => {
      const app = get().app();
      const id = async (given: string) =>
        (await app.request('/livez', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
      expect(await id('my-request_1')).toBe('my-request_1');
      for (const given of ['a b', 'x'.repeat(129), '<script>', '']) {
        expect(await id(given)).toMatch(/^[0-9a-f-]{36}$/);
      }
      const failed = await app.request('/v1/nothing', { headers: { 'x-request-id': 'mine' } });
      expect(await failed.json()).toMatchObject({ requestId: 'mine' });
    });

    it('logs each request, and never a key, a query or a body', async () => {
      const { apiKeys, keyOf, logged } = get();
      const app = get().app({ keys: apiKeys });
      logged.length = 0;
      await app.request('/v1/detectors/wood?secret=s3cret', {
        headers: { 'x-api-key': keyOf('read'), 'x-request-id': 'r1' },
      });
      await app.request('/v1/detectors/wood', { headers: { authorization: 'Bearer wrong-s3cret' } });
      await app.request(
        '/v1/detectors/wood/aliases/a',
        jsonBody({ s3cret: 1 }, { 'x-api-key': keyOf('admin') }, 'PUT'),
      );
      await app.request('/v1/detectors', { headers: { 'x-api-key': keyOf('read') } });
      expect(logged).toHaveLength(4);
      expect(logged[0]?.fields).toMatchObject({
        requestId: 'r1',
        method: 'GET',
        route: '/v1/detectors/:name',
        status: 400,
        caller: 'read',
      });
      expect(logged[1]?.fields).not.toHaveProperty('caller');
      expect(logged[3]).toMatchObject({
        message: 'request',
        fields: { status: 200, milliseconds: expect.any(Number) },
      });
      const text = JSON.stringify(logged.map(({ fields: { err: _, ...fields } }) => fields));
      for (const hidden of ['s3cret', keyOf('read'), keyOf('admin')]) expect(text).not.toContain(hidden);
    });

    it('tells nobody about an error that should not have happened, and logs it', async () => {
      const { parts, logged } = get();
      const secret = new Error('EACCES: permission denied, open /srv/secret/head.onnx');
      const registry = Object.create(parts.registry, {
        listDetectors: { value: () => Promise.reject(secret) },
      });
      logged.length = 0;
      // Not recorded: no service promises that it goes wrong.
      const { createApp } = await import('../app/create-app.js');
      const response = await createApp({ ...parts, registry }).request('/v1/detectors');
      expect([response.status, response.headers.get('content-type')]).toEqual([
        500,
        'application/problem+json',
      ]);
      expect(await response.text()).not.toMatch(/srv|EACCES|\.js|\.ts/);
      expect(logged).toMatchObject([
        { message: 'request failed', fields: { status: 500, code: 'internal', err: secret } },
      ]);
    });

    it('is ready when its detectors are', async () => {
      const { readiness } = get();
      const app = get().app();
      expect((await app.request('/livez')).status).toBe(200);
      expect((await app.request('/readyz')).status).toBe(200);
      for (const state of ['starting', 'failed', 'draining'] as const) {
        Object.assign(readiness, { state, detail: 'loading wood' });
        const response = await app.request('/readyz');
        expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
        expect(await response.json()).toMatchObject({ code: 'not-ready', detail: `${state}: loading wood` });
        expect((await app.request('/livez')).status).toBe(200);
      }
      Object.assign(readiness, { state: 'ready', detail: '' });
    });

    it('is to be started anew when nothing can be scored for long', async () => {
      const readiness = { state: 'failed' as const, alive: false, detail: 'no lane answers' };
      const response = await get().app({ readiness }).request('/livez');
      expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
      expect(await response.json()).toMatchObject({
        code: 'unavailable',
        detail: 'the process has to be restarted: no lane answers',
      });
    });

    it('lets pages of other origins in only where that was allowed', async () => {
      const ask = async (corsOrigins: string[], origin: string) => {
        const response = await get().app({ corsOrigins }).request('/livez', { headers: { origin } });
        return response.headers.get('access-control-allow-origin');
      };
      expect(await ask([], 'https://a.example')).toBeNull();
      expect(await ask(['https://a.example'], 'https://a.example')).toBe('https://a.example');
      expect(await ask(['https://a.example'], 'https://b.example')).toBeNull();
      expect(await ask(['*'], 'https://b.example')).toBe('*');
      const preflight = await get()
        .app({ corsOrigins: ['https://a.example'] })
        .request('/v1/predict', {
          method: 'OPTIONS',
          headers: {
            origin: 'https://a.example',
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'x-api-key',
          },
        });
      expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
        204,
        'x-api-key',
      ]);
    });

    it('serves the page with a strict policy, and once', async () => {
      const asset = (contentType: string, text: string): PageAsset => ({
        contentType,
        body: new TextEncoder().encode(text),
        etag: `"${text}"`,
      });
      const page = new Map([
        ['/', asset('text/html; charset=utf-8', 'page')],
        ['/app.js', asset('text/javascript', 'script')],
        ['/docs', asset('text/html; charset=utf-8', 'docs')],
      ]);
      const app = get().app({ page });
      for (const [path, { contentType, etag }] of page) {
        const response = await app.request(path);
        expect(await response.text()).toBe(etag.slice(1, -1));
        expect(response.headers.get('content-type')).toBe(contentType);
        expect(response.headers.get('content-security-policy')).toMatch(
          /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self';/,
        );
        // WebAssembly has threads only in a page that is isolated, and then in workers that are.
        expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
        expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
        expect((await app.request(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
      }
      expect((await get().app().request('/')).status).toBe(404);
    });

    it('sends what is stored compressed so to those who take it, and as it was to others', async () => {
      const body = new Uint8Array(gzipSync('many words'));
      const asset: PageAsset = { contentType: 'application/wasm', body, encoding: 'gzip', etag: '"words"' };
      const app = get().app({ page: new Map([['/ort.wasm', asset]]) });
      const tags = new Map<string | null, string>();
      for (const [accepted, encoding] of [
        ['br, gzip;q=0.8', 'gzip'],
        ['gzip;q=0', null],
        [undefined, null],
      ] as const) {
        const headers: Record<string, string> = accepted ? { 'accept-encoding': accepted } : {};
        const response = await app.request('/ort.wasm', { headers });
        expect(response.headers.get('content-type')).toBe('application/wasm');
        expect(response.headers.get('content-encoding')).toBe(encoding);
        expect(response.headers.get('vary')).toContain('Accept-Encoding');
        const bytes = Buffer.from(await response.arrayBuffer());
        expect((encoding ? gunzipSync(bytes) : bytes).toString()).toBe('many words');
        const tag = response.headers.get('etag') as string;
        tags.set(encoding, tag);
        const again = await app.request('/ort.wasm', { headers: { ...headers, 'if-none-match': tag } });
        expect([again.status, again.headers.get('etag'), again.headers.get('vary')]).toEqual([
          304,
          tag,
          expect.stringContaining('Accept-Encoding'),
        ]);
      }
      // Both are strong and of other bytes: whoever holds one does not have the other.
      expect(tags.get('gzip')).toBe('"words"');
      expect(tags.get(null)).toMatch(/^"[^"]+"$/);
      expect(tags.get(null)).not.toBe('"words"');
      const other = await app.request('/ort.wasm', { headers: { 'if-none-match': '"words"' } });
      expect([other.status, await other.text()]).toEqual([200, 'many words']);
    });

    it('answers on its health and itself only to addresses that can be read', async () => {
      for (const path of ['/livez', '/readyz', '/openapi.json']) {
        expect((await get().app().request(`${path}?x=%zz`)).status).toBe(400);
      }
    });

    it('describes itself', async () => {
      const response = await get().app().request('/openapi.json');
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ openapi: '3.1.0', info: { version: '0.1.0' } });
    });
  });
}
