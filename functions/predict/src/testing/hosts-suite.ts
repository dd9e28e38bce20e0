import { describe, expect, it } from 'vitest';
import { refusedAs } from './protocols-suite.js';
import { type TestService, VERTEX } from './test-service.js';

/** Health checks of hosts, and measurements. */
export function hostsSuite(get: () => TestService): void {
  describe('hosts', () => {
    // With RunPod's variable set, its 204 tells a service that starts from one that is broken.
    it.each([
      ['/ping', 204],
      [VERTEX.health, 503],
    ])('hear at %s whether requests should be sent, without a key', async (path, whileStarting) => {
      for (const [state, status] of [
        ['ready', 200],
        ['starting', whileStarting],
        ['failed', 503],
        ['draining', 503],
      ] as const) {
        const app = get().app({ keys: get().apiKeys, readiness: { state, detail: state } });
        const response = await app.request(path);
        expect(response.status, state).toBe(status);
        if (status !== 204) expect(await response.json()).toEqual({ status: state });
      }
      await refusedAs(path, await get().app().request(`${path}?x=%zz`), 400);
    });

    it('are measured, for whom may read', async () => {
      const { apiKeys: keys, keyOf } = get();
      const app = get().app({ keys });
      const ask = (scope?: string) =>
        app.request('/metrics', { headers: scope === undefined ? {} : { 'x-api-key': keyOf(scope) } });
      await app.request('/livez');
      const response = await ask('read');
      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringMatching(/^cflow_http_requests_total\{method="GET",route="\/livez",status="200"\}/m),
      ]);
      const accept = 'application/openmetrics-text;version=1.0.0';
      const open = await app.request('/metrics', { headers: { accept, 'x-api-key': keyOf('read') } });
      expect([open.status, await open.text()]).toEqual([200, expect.stringMatching(/# EOF\n$/)]);
      await refusedAs('/metrics', await ask(), 401);
      await refusedAs('/metrics', await ask('predict'), 403);
      await refusedAs('/metrics', await get().app().request('/metrics?x=%zz'), 400);
      const readiness = { state: 'draining' as const, detail: '' };
      await refusedAs('/metrics', await get().app({ readiness }).request('/metrics'), 503);
    });
  });
}
