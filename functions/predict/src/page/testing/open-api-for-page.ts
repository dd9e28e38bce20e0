import { OpenAPIHono } from '@hono/zod-openapi';
import type { App } from '../../app/new-app.js';
import * as detectors from '../../openapi/detector-routes.js';
import * as feedback from '../../openapi/feedback-routes.js';
import * as files from '../../openapi/file-routes.js';
import * as jobs from '../../openapi/job-routes.js';
import { openApiDocument } from '../../openapi/open-api-document.js';
import * as predict from '../../openapi/predict-routes.js';
import * as service from '../../openapi/service-routes.js';

/** The service's own description, from its routes without their handlers. */
export function openApiForPage(): object {
  const app: App = new OpenAPIHono();
  for (const routes of [predict, detectors, files, feedback, jobs, service]) {
    for (const [name, route] of Object.entries(routes)) {
      if (name.endsWith('Route') && name !== 'headFileRoute')
        app.openAPIRegistry.registerPath(route as typeof service.livezRoute);
    }
  }
  return openApiDocument(app, '0.1.0');
}
