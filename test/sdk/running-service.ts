// The service with its real routes, real inference and real jobs, on a port of this machine.
import { CflowClient } from '@cflow/sdk';
import { afterAll, beforeAll } from 'vitest';
import { createApp } from '../../functions/predict/src/app/create-app.js';
import { startHttpServer } from '../../functions/predict/src/node/http-server.js';
import { createTestService, type TestService } from '../../functions/predict/src/testing/test-service.js';

type Changes = Partial<TestService['parts']>;
type App = ReturnType<typeof createApp>;

export interface RunningService {
  service: TestService;
  url: string;
  /** The same service as a function. */
  app: App;
  /** Another port of the same service, some of its parts changed. */
  also(changes: Changes): Promise<string>;
  close(): Promise<void>;
}

export async function startRunningService(): Promise<RunningService> {
  const service = await createTestService();
  const servers: Awaited<ReturnType<typeof startHttpServer>>[] = [];
  const also = async (changes: Changes): Promise<string> => {
    const app = createApp({ ...service.parts, ...changes }, service.extras);
    const fetch = (request: Request, env: unknown) => app.fetch(request, env as never);
    const server = await startHttpServer({ fetch, host: '127.0.0.1', port: 0 });
    servers.push(server);
    return `http://127.0.0.1:${server.port}`;
  };
  return {
    service,
    url: await also({}),
    app: createApp(service.parts, service.extras),
    also,
    async close() {
      await Promise.all(servers.map((server) => server.close(0)));
      await service.close();
    },
  };
}

/** One for all tests of a file, and a client of it; both are there from the first test on. */
export function serviceOfTests(): { running: RunningService; client: CflowClient } {
  const place = {} as { running: RunningService; client: CflowClient };
  beforeAll(async () => {
    place.running = await startRunningService();
    place.client = new CflowClient({ baseUrl: place.running.url });
  });
  afterAll(() => place.running.close());
  return place;
}
