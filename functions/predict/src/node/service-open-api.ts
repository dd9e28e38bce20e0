import { createMetrics } from '../compat/metrics.js';
import type { OpenApiDocument } from '../openapi/open-api-document.js';
import { publishedOpenApi } from '../openapi/published-open-api.js';
import { hostExtras } from './host-routes.js';
import { readServiceEnvironment, type ServiceEnvironment } from './service-configuration.js';

/** What the service on Node offers with these variables (default: none set), without starting one. */
export function serviceOpenApi(
  version: string,
  environment: ServiceEnvironment = readServiceEnvironment({}),
): OpenApiDocument {
  return publishedOpenApi(version, hostExtras(createMetrics(), environment));
}
