import { createRoute, z } from '@hono/zod-openapi';
import { json, OPEN, problems } from './responses.js';

const healthSchema = z.object({ status: z.enum(['alive', 'ready']), version: z.string() }).openapi('Health');

export const livezRoute = createRoute({
  method: 'get',
  path: '/livez',
  operationId: 'isAlive',
  tags: ['Service'],
  summary: 'Whether the process is alive',
  description:
    '503 when it has to be restarted: its device is lost, or nothing has been scored for a minute.',
  security: OPEN,
  responses: {
    200: json(healthSchema, 'It can', { status: 'alive', version: '0.1.0' }),
    ...problems(400, 503),
  },
});

export const readyzRoute = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'isReady',
  tags: ['Service'],
  summary: 'Whether requests should be sent here',
  description:
    '503 until every preloaded detector is warm on its device, while nothing can be scored, and when the service is about to end.',
  security: OPEN,
  responses: {
    200: json(healthSchema, 'They should', { status: 'ready', version: '0.1.0' }),
    ...problems(400, 503),
  },
});

export const openApiRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getOpenApi',
  tags: ['Service'],
  summary: 'This description',
  security: OPEN,
  responses: {
    200: {
      description: 'OpenAPI 3.1',
      content: { 'application/json': { schema: z.looseObject({}) } },
    },
    ...problems(400),
  },
});
