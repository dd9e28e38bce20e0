import { describe, expect, it } from 'vitest';
import { stalled, streamed } from './predict-suite.js';
import { refusedAs } from './protocols-suite.js';
import { jsonBody, type TestService } from './test-service.js';

const INDEX = '/v2/repository/index';
const MODELS = ['/v2/models/wood', '/v2/models/wood/versions/latest'];
const OF_MODELS = [...MODELS, ...MODELS.map((path) => `${path}/ready`)];
const OPEN = ['/v2', '/v2/health/live', '/v2/health/ready'];

const init = (path: string, headers: Record<string, string> = {}): RequestInit =>
  path === INDEX ? jsonBody({}, headers) : { headers };

/** What the Open Inference Protocol says beside predictions. */
export function openInferenceSuite(get: () => TestService): void {
  describe('the Open Inference Protocol', () => {
    it.each([...OPEN, ...OF_MODELS, INDEX])('answers %s', async (path) => {
      expect((await get().app().request(path, init(path))).status).toBe(200);
      await refusedAs(path, await get().app().request(`${path}?x=%zz`, init(path)), 400);
    });

    it.each(OPEN)('tells everybody of %s', async (path) => {
      expect((await get().app({ keys: get().apiKeys }).request(path)).status).toBe(200);
    });

    it.each([...OF_MODELS, INDEX])('wants a key that may read for %s', async (path) => {
      const { apiKeys: keys, keyOf } = get();
      const app = get().app({ keys });
      const readiness = { state: 'draining' as const, detail: '' };
      await refusedAs(path, await app.request(path, init(path)), 401);
      await refusedAs(path, await app.request(path, init(path, { 'x-api-key': keyOf('predict') })), 403);
      expect((await app.request(path, init(path, { 'x-api-key': keyOf('read') }))).status).toBe(200);
      await refusedAs(path, await get().app({ readiness }).request(path, init(path)), 503);
    });

    it.each(OF_MODELS)('knows no other than those at %s', async (path) => {
      const app = get().app();
      const other = path.includes('versions')
        ? path.replace('latest', 'nothing')
        : path.replace('wood', 'glass');
      await refusedAs(path, await app.request(other), 404);
    });

    it('says of each model, and of itself, that it is not ready', async () => {
      const app = get().app({ readiness: { state: 'starting', detail: 'loading wood' } });
      for (const path of ['/v2/health/ready', ...MODELS.map((model) => `${model}/ready`)]) {
        const response = await app.request(path);
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({ ready: false, error: 'loading wood' });
      }
    });

    it('lists models on a small request only, and one that arrives', async () => {
      const { app, parts } = get();
      const large = jsonBody({ ready: true, x: 'x'.repeat(70_000) });
      await refusedAs(INDEX, await app().request(INDEX, large), 413);
      const idle = app({ limits: { ...parts.limits, bodyTimeoutMs: 30 } });
      await refusedAs(INDEX, await idle.request(INDEX, streamed(stalled('{'), 'application/json')), 408);
      await refusedAs(INDEX, await app().request(INDEX, jsonBody('[')), 400);
      await refusedAs(INDEX, await app().request(INDEX, jsonBody({}, { 'content-encoding': 'lz4' })), 415);
    });
  });
}
