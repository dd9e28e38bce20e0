import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { type App, newApp } from '../app/new-app.js';
import type { AppParts } from '../app/parts.js';
import { OPEN, problems } from '../openapi/responses.js';
import { addDocumented } from './documented.js';

export interface PingOptions {
  /** What a service answers that is not ready yet: 503 for SageMaker, 204 for RunPod's load balancer. Default 503. */
  whileStarting?: 204 | 503 | undefined;
}

const pingSchema = z.object({ status: z.string() }).meta({ id: 'Ping' });

/** `GET /ping`, the health check of SageMaker and RunPod; answered at once. */
export function pingRoute(
  parts: Pick<AppParts, 'readiness'>,
  { whileStarting = 503 }: PingOptions = {},
): App {
  return healthRoute(parts, '/ping', 'isReadyByPing', { whileStarting });
}

/** A health check at a path that the host chooses. */
export function healthRoute(
  parts: Pick<AppParts, 'readiness'>,
  path: string,
  operationId: string,
  { whileStarting = 503 }: PingOptions = {},
): App {
  const app = newApp();
  const content = { 'application/json': { schema: pingSchema } };
  const route = createRoute({
    method: 'get',
    path,
    operationId,
    tags: ['Hosts'],
    summary: 'Whether requests should be sent here, as the host wants to hear it',
    security: OPEN,
    responses: {
      200: { description: 'They should', content },
      ...(whileStarting === 204 && { 204: { description: 'The service is starting' } }),
      503: {
        description: `The service ${whileStarting === 503 ? 'is starting, ' : ''}is about to end, or could not start`,
        content,
      },
      ...problems(400),
    },
  });
  addDocumented(app, route, [], (c) => {
    const { state, detail } = parts.readiness;
    c.header('cache-control', 'no-store');
    if (state === 'ready') return c.json({ status: detail });
    if (state === 'starting' && whileStarting === 204) return c.body(null, 204);
    return c.json({ status: detail }, 503);
  });
  return app;
}
